using System.Text;
using Weft.Core.Apps;
using Weft.Core.Protocol;

namespace Weft.Appd.Sessions;

/// <summary>What a LAUNCH_APP must keep to, before anything is done for it.</summary>
internal static class LaunchCheck
{
    /// <exception cref="ControlException">400</exception>
    public static AppId Request(LaunchApp request, SessionLimits limits)
    {
        if (!AppId.TryParse(request.AppId, out AppId app))
        {
            throw Malformed($"launch '{Printable.Quote(request.AppId)}': {AppId.Rule}");
        }

        if (request.Console)
        {
            throw Malformed($"launch {app} with console: not in this version");
        }

        if (request.Backend is { } backend && backend != "host")
        {
            throw Malformed($"launch {app} on backend '{Printable.Quote(backend)}': there is only 'host' in this version");
        }

        if (request.RequestId is { } id && (id.Length == 0 || Encoding.UTF8.GetByteCount(id) > limits.RequestIdBytes))
        {
            throw Malformed($"launch {app}: request_id must have 1 to {limits.RequestIdBytes} bytes");
        }

        Words(app, request, limits);
        return app;
    }

    /// <summary>The limits of the session: the launch's over the manifest's, within the machine's.</summary>
    /// <exception cref="ControlException">400</exception>
    public static AppLimits Limits(LaunchApp request, Manifest manifest, MachineLimits machine)
    {
        RequestedLimits asked = manifest.Limits;
        if (request.Limits is { } values)
        {
            IReadOnlyList<string> problems = RequestedLimits.Read(Texts(values), out RequestedLimits read);
            if (problems.Count > 0)
            {
                throw Malformed($"launch {manifest.Id}: {string.Join("; ", problems)}");
            }

            asked = read.Over(manifest.Limits);
        }

        IReadOnlyList<string> above = asked.Above(machine);
        return above.Count == 0
            ? asked.Resolve(machine)
            : throw Malformed($"launch {manifest.Id}: {string.Join("; ", above)}; ask for less, or raise limits.* in /etc/weft/appd.toml");
    }

    private static IEnumerable<KeyValuePair<string, string>> Texts(LimitValues values)
    {
        if (values.Cpu is { } cpu)
        {
            yield return new("cpu", cpu);
        }

        if (values.Memory is { } memory)
        {
            yield return new("memory", memory);
        }

        if (values.Tasks is { } tasks)
        {
            yield return new("tasks", tasks.ToString());
        }

        if (values.LinearMemory is { } linear)
        {
            yield return new("linear_memory", linear);
        }
    }

    private static void Words(AppId app, LaunchApp request, SessionLimits limits)
    {
        int words = (request.Args?.Count ?? 0) + (request.Env?.Count ?? 0);
        long bytes = 0;
        foreach (string argument in request.Args ?? [])
        {
            if (argument is null || argument.Contains('\0'))
            {
                throw Malformed($"launch {app}: an argument is null or contains NUL");
            }

            bytes += Encoding.UTF8.GetByteCount(argument) + 1;
        }

        if (request.Env is not null)
        {
            foreach ((string name, string value) in request.Env)
            {
                if (name.Length == 0 || name.Contains('=') || name.Contains('\0') || value is null || value.Contains('\0'))
                {
                    throw Malformed($"launch {app}: env '{Printable.Quote(name)}' has an empty name, or '=' or NUL where it cannot be");
                }

                bytes += Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) + 2;
            }
        }

        if (words > limits.LaunchWords || bytes > limits.LaunchBytes)
        {
            throw Malformed($"launch {app}: args and env have {words} entries and {bytes} bytes; at most {limits.LaunchWords} and {limits.LaunchBytes} are passed on");
        }
    }

    private static ControlException Malformed(string message) => new(ControlCode.Malformed, message);
}
