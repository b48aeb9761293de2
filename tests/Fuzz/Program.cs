using System.Globalization;
using Weft.Fuzz;

// fuzz --list | [--target NAME|all] [--seconds N] [--seed S] [--corpus DIR] [--iteration I]
// The seed is fixed unless one is given, so that a run in CI can be had again at home.
string target = Option("--target") ?? "all";
int seconds = int.Parse(Option("--seconds") ?? "30", CultureInfo.InvariantCulture);
int seed = int.Parse(Option("--seed") ?? "1", CultureInfo.InvariantCulture);
string? corpus = Option("--corpus");
string? iteration = Option("--iteration");

IFuzzTarget[] all =
[
    .. typeof(IFuzzTarget).Assembly.GetTypes()
        .Where(type => type.IsClass && type.IsAssignableTo(typeof(IFuzzTarget)))
        .Select(type => (IFuzzTarget)Activator.CreateInstance(type)!)
        .OrderBy(found => found.Name, StringComparer.Ordinal),
];
if (args.Contains("--list"))
{
    Array.ForEach(all, found => Console.WriteLine(found.Name));
    return 0;
}

IFuzzTarget[] chosen = [.. all.Where(found => target == "all" || found.Name == target)];
if (chosen.Length == 0)
{
    Console.Error.WriteLine($"error: no fuzz target '{target}'; there are {string.Join(", ", all.Select(found => found.Name))}");
    return 2;
}

bool clean = true;
foreach (IFuzzTarget one in chosen)
{
    var run = new FuzzRun(one, seed, corpus);
    clean &= iteration is null ? run.For(TimeSpan.FromSeconds(seconds)) : run.One(long.Parse(iteration, CultureInfo.InvariantCulture));
}

return clean ? 0 : 1;

string? Option(string name)
{
    int at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
}
