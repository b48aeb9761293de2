using System.Text;
using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>A started runtime: the child, and appd's ends of its pipes.</summary>
internal sealed class RuntimeProcess : IRuntimeProcess
{
    /// <summary>A report or a READY line is far shorter; a longer line is none.</summary>
    private const int LongestLine = 64 * 1024;
    private const int LongestReadyLine = 256;

    /// <summary>What is kept of a runtime's own standard error: enough for a reason and a backtrace.</summary>
    private const int LastWordsBytes = 4096;

    private readonly Lock _gate = new();
    private readonly ChildProcess _child;
    private readonly IRuntimeListener _listener;
    private readonly bool _foreign;
    private readonly byte[] _readyLine;
    private readonly LineScanner _readyLines = new(LongestReadyLine);
    private readonly Descriptor _hold; // guarded by _gate
    private readonly Descriptor? _error; // guarded by _gate; of our own runtime, read at its end
    private readonly PipeReader _output;
    private readonly PipeReader? _foreignError;
    private readonly PipeReader? _report;
    private LineScanner? _reportLines = new(LongestLine);
    private bool _ready; // poller's thread only

    public RuntimeProcess(ChildProcess child, RuntimePipes pipes, string token, bool foreign, IRuntimeListener listener, TimeProvider time)
    {
        _child = child;
        _listener = listener;
        _foreign = foreign;
        _readyLine = Encoding.ASCII.GetBytes("READY " + token);
        pipes.Take();
        _hold = pipes.Hold.Write;
        _report = pipes.Report is { } report ? new PipeReader(report.Read, TakeReport, time) : null;
        _output = new PipeReader(pipes.Output.Read, TakeOutput, time);
        if (foreign)
        {
            _foreignError = new PipeReader(pipes.Error.Read, bytes => TakeForeign(bytes, error: true), time);
        }
        else
        {
            _error = pipes.Error.Read;
            Files.SetNonBlocking(_error, true);
        }
    }

    public int Pid => _child.Pid;

    public ulong StartTime => _child.StartTime;

    public Task<ExitStatus> Exited => _child.Exited;

    public Task Drained => _foreignError is null ? _output.Ended : Task.WhenAll(_output.Ended, _foreignError.Ended);

    public bool LetGo()
    {
        lock (_gate)
        {
            if (_hold.IsClosed)
            {
                return false;
            }

            try
            {
                Files.Write(_hold, "g"u8);
                return true;
            }
            catch (LinuxException e) when (e.Errno == Errno.EPIPE)
            {
                return false; // it has ended; Exited says how
            }
            finally
            {
                _hold.Dispose();
            }
        }
    }

    public void StopWatchingForReady()
    {
        // Of a foreign program this pipe is its output, to be read as long as it runs.
        if (!_foreign)
        {
            _output.Dispose();
        }
    }

    public void AskToStop() => _child.Signal(Signals.SIGTERM);

    public async Task<IReadOnlyList<string>> KillAsync(TimeSpan deadline)
    {
        IReadOnlyList<ProcessFacts> left = await _child.KillSessionAsync(deadline);
        return [.. left.Select(process => $"pid {process.Pid} ({process.Name}, state {process.State})")];
    }

    public string LastWords()
    {
        lock (_gate)
        {
            if (_error is null || _error.IsClosed)
            {
                return "";
            }

            // A pipe holds 64 KiB at most; the end of it tells most.
            byte[] all = new byte[LongestLine];
            int filled = 0;
            try
            {
                for (int count; filled < all.Length && (count = Files.Read(_error, all.AsSpan(filled))) > 0;)
                {
                    filled += count;
                }
            }
            catch (LinuxException e) when (e.Errno == Errno.EAGAIN)
            {
                // Read to what there is.
            }

            return Encoding.UTF8.GetString(all.AsSpan(Math.Max(0, filled - LastWordsBytes), Math.Min(filled, LastWordsBytes))).Trim();
        }
    }

    public void Dispose()
    {
        _report?.Dispose();
        _output.Dispose();
        _foreignError?.Dispose();
        lock (_gate)
        {
            _hold.Dispose();
            _error?.Dispose();
        }

        _child.Dispose();
    }

    private void TakeReport(ReadOnlySpan<byte> bytes)
    {
        if (_reportLines?.Take(bytes, OnReportLine) == true || bytes.IsEmpty)
        {
            _reportLines = null;
            _report?.Dispose();
        }
    }

    private bool OnReportLine(ReadOnlySpan<byte> line)
    {
        _listener.OnReported(line.ToArray());
        return true;
    }

    private void TakeOutput(ReadOnlySpan<byte> bytes)
    {
        if (!_ready && _readyLines.Take(bytes, IsReady))
        {
            _ready = true;
            _listener.OnReady();
        }

        if (_foreign)
        {
            TakeForeign(bytes, error: false);
        }
    }

    /// <summary>A foreign program may not know that there is a token: all that it prints is its own word.</summary>
    private bool IsReady(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> said = line.TrimEnd((byte)'\r');
        return said.SequenceEqual(_readyLine) || (_foreign && said.SequenceEqual("READY"u8));
    }

    private void TakeForeign(ReadOnlySpan<byte> bytes, bool error)
    {
        if (!bytes.IsEmpty)
        {
            _listener.OnForeignOutput(bytes, error);
        }
    }
}
