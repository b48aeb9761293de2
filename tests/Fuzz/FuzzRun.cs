using System.Diagnostics;

namespace Weft.Fuzz;

/// <summary>One target for some seconds. A finding is printed with the command that gives it again, and kept as a file.</summary>
internal sealed class FuzzRun(IFuzzTarget target, int seed, string? corpus)
{
    private static readonly TimeSpan Slowest = TimeSpan.FromSeconds(5);

    private readonly Mutator _mutator = new([.. target.Seeds, .. Kept(corpus, target)], [.. target.Words], seed);
    private long _iteration;
    private long _began;

    /// <summary>True: nothing was found.</summary>
    public bool For(TimeSpan duration)
    {
        foreach (byte[] input in target.Seeds)
        {
            if (!Try(input, "a seed as it is"))
            {
                return false;
            }
        }

        using var watchdog = new Timer(_ => StopIfStuck(), null, Slowest, TimeSpan.FromSeconds(1));
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration)
        {
            if (!One(_iteration))
            {
                return false;
            }

            _iteration++;
        }

        Console.WriteLine($"{target.Name}: {_iteration} inputs in {clock.Elapsed.TotalSeconds:F1} s, nothing found (seed {seed})");
        return true;
    }

    /// <summary>One iteration of an earlier run again.</summary>
    public bool One(long iteration)
    {
        Volatile.Write(ref _iteration, iteration);
        return Try(_mutator.Input(iteration), Again(iteration));
    }

    private static IEnumerable<byte[]> Kept(string? corpus, IFuzzTarget target)
    {
        string? folder = corpus is null ? null : Path.Combine(corpus, target.Name);
        return folder is not null && Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];
    }

    private bool Try(byte[] input, string again)
    {
        Volatile.Write(ref _began, Stopwatch.GetTimestamp());
        try
        {
            target.Run(input);
            return true;
        }
        catch (Exception e)
        {
            // The top of the loop: whatever a parser throws that its target does not expect is the finding.
            Console.Error.WriteLine($"error: {target.Name}: {e.GetType().Name}: {e.Message}; {again}; input {Keep(input)}");
            Console.Error.WriteLine(e);
            return false;
        }
        finally
        {
            Volatile.Write(ref _began, 0);
        }
    }

    private void StopIfStuck()
    {
        long began = Volatile.Read(ref _began);
        if (began != 0 && Stopwatch.GetElapsedTime(began) > Slowest)
        {
            long iteration = Volatile.Read(ref _iteration);
            Console.Error.WriteLine($"error: {target.Name}: one input takes more than {Slowest.TotalSeconds} s; {Again(iteration)}; input {Keep(_mutator.Input(iteration))}");
            Environment.Exit(1);
        }
    }

    private string Again(long iteration) => $"again with --target {target.Name} --seed {seed} --iteration {iteration}{(corpus is null ? "" : " --corpus " + corpus)}";

    private string Keep(byte[] input)
    {
        string path = Path.Combine(corpus ?? Path.GetTempPath(), $"fuzz-{target.Name}-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(input))[..12]}");
        File.WriteAllBytes(path, input);
        return path;
    }
}
