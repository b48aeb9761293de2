Console.Error.WriteLine("error: not built yet");
return 1;
