compile("@torchsnooper.snoop()\n\nwith torchsnooper.snoop():\n    code\n", "seed", "exec")
