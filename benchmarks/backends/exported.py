"""ONNX Runtime and OpenVINO: the network as an ONNX file that torch wrote; inference only."""

from __future__ import annotations

import os

from backends import Backend


class Exported(Backend):
    def __init__(self, job):
        super().__init__(job)
        self.path = os.path.join(job.folder, "network.onnx")
        self.inputs = job.arrays("inputs")
        self.inputs.pop("label", None)

    def results(self):
        return {"output": self.output}


class OnnxRuntime(Exported):
    def __init__(self, job):
        super().__init__(job)
        import onnxruntime

        self.library = onnxruntime

    def bind(self):
        options = self.library.SessionOptions()
        options.intra_op_num_threads = self.job.threads
        self.session = self.library.InferenceSession(self.path, options, ["CPUExecutionProvider"])

    def step(self):
        self.output = self.session.run(None, self.inputs)[0]


class OpenVino(Exported):
    def __init__(self, job):
        super().__init__(job)
        import openvino

        self.core = openvino.Core()

    def bind(self):
        # Left alone, it would compute in bfloat16 where the processor can.
        settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        settings["INFERENCE_NUM_THREADS"] = self.job.threads
        self.request = self.core.compile_model(self.path, "CPU", settings).create_infer_request()

    def step(self):
        self.output = self.request.infer(self.inputs, share_inputs=True)[0]


def backend(job):
    return {"onnxruntime": OnnxRuntime, "openvino": OpenVino}[job.options["runtime"]](job)
