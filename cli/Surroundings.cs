using System.Net.Sockets;
using System.Text;
using Weft.Core.Folders;
using Weft.Core.Protocol;
using Weft.Linux;

namespace Weft.Cli;

/// <summary>What a command has around it: where it writes, whose paths hold, and the way to the daemon. Tests pass their own.</summary>
internal sealed class Surroundings
{
    private TextWriter? _out;
    private TextWriter? _error;
    private WeftPaths? _paths;

    /// <summary>Standard output, buffered; it is flushed at the end and by whoever follows something.</summary>
    public TextWriter Out
    {
        get => _out ??= new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 4096) { NewLine = "\n" };
        init => _out = value;
    }

    public TextWriter Error
    {
        get => _error ??= new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 256) { NewLine = "\n", AutoFlush = true };
        init => _error = value;
    }

    public WeftPaths Paths
    {
        get => _paths ??= WeftPaths.FromEnvironment();
        init => _paths = value;
    }

    /// <summary>A person reads standard output: colours, progress and escaped control characters.</summary>
    public bool OutIsTerminal { get; init; } = !Console.IsOutputRedirected;

    /// <summary>A person reads standard error.</summary>
    public bool ErrorIsTerminal { get; init; } = !Console.IsErrorRedirected;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Connects to the daemon.</summary>
    /// <exception cref="CliException">69: there is none.</exception>
    public async Task<ControlClient> ConnectAsync(CancellationToken cancellationToken)
    {
        string path;
        try
        {
            path = Paths.ControlSocket;
        }
        catch (FoldersException e)
        {
            throw new CliException(ExitCode.NoDaemon, e.Message);
        }

        try
        {
            return await ControlClient.ConnectAsync(path, cancellationToken);
        }
        catch (SocketException e)
        {
            string why = e.SocketErrorCode switch
            {
                SocketError.InvalidArgument => $"a socket's path has at most {UnixSockets.MaxPathBytes} bytes; choose a shorter XDG_RUNTIME_DIR",
                SocketError.AccessDenied => "this user may not connect; run it as the kiosk's user",
                _ => "start it with `systemctl --user start weft-appd`, or run weft-appd",
            };
            throw new CliException(ExitCode.NoDaemon, $"no daemon answers on {path}; {why}");
        }
    }

    /// <summary>Asks the daemon one thing.</summary>
    public async Task<(T Reply, ReadOnlyMemory<byte> Json)> AskAsync<T>(ControlRequest request, CancellationToken cancellationToken)
        where T : ControlReply
    {
        await using ControlClient client = await ConnectAsync(cancellationToken);
        return await client.AskAsync<T>(request, null, cancellationToken);
    }
}
