using Weft.Tests.Bench;

// ./dev bench NAME [--json] …: measures, prints a table for people or one JSON object of numbers.
string name = args.FirstOrDefault() ?? "";
bool json = args.Contains("--json");
BenchResult? result = name switch
{
    "launch" => await LaunchBench.RunAsync(BenchOptions.Parse(args)),
    "fanout" => await FanoutBench.RunAsync(BenchOptions.Parse(args)),
    _ => null,
};
if (result is null)
{
    Console.Error.WriteLine("usage: ./dev bench launch|fanout [--turns N] [--sessions N] [--json]");
    return 2;
}

Console.WriteLine(json ? result.ToJson() : result.ToTable());
return 0;
