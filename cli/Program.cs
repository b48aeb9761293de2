using Weft.Cli;

// argv[0] decides: weft-pack is this program under another name.
string[] whole = Environment.GetCommandLineArgs();
string name = Path.GetFileName(whole.Length > 0 ? whole[0] : "weft");
return await CommandLine.RunAsync(name, args, new Surroundings());
