net.list_arguments()
