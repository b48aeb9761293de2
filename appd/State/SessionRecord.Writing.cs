using Microsoft.Extensions.Logging;
using Weft.Linux;

namespace Weft.Appd.State;

internal sealed partial class SessionRecord
{
    private void Run()
    {
        bool failed = false;
        bool stopping = false;
        TimeSpan? endsDue = null; // counted down by the waits in between; only the writer's thread
        while (!stopping)
        {
            TimeSpan wait = failed ? _limits.WriteRetry : endsDue ?? Timeout.InfiniteTimeSpan;
            long began = _time.GetTimestamp();
            _work.WaitOne(wait);
            endsDue -= _time.GetElapsedTime(began);
            if (_counter.IsRunningOut)
            {
                ReserveIds();
            }

            bool endsPending;
            lock (_gate)
            {
                Expire();
                stopping = _stopping;
                endsPending = _endedChanged;
            }

            // An intent first: somebody waits for it. Ends come together a moment later, so that they hold up no launch.
            IOException? error = WriteLive();
            if (endsPending && error is null)
            {
                endsDue ??= _limits.EndedDelay;
                if (stopping || endsDue <= TimeSpan.Zero)
                {
                    error = WriteEnded() ?? WriteLive();
                    endsDue = null;
                }
            }

            Tell(error, failed);
            failed = error is not null;
        }
    }

    private IOException? WriteLive()
    {
        LiveRecord? live;
        List<Action<Exception?>> waiting;
        lock (_gate)
        {
            if (!_liveChanged)
            {
                return null;
            }

            live = new LiveRecord { Sessions = [.. _live.Values], Requests = [.. _requests.Values] };
            (waiting, _intended) = (_intended, []);
            _liveChanged = false;
        }

        IOException? error = Write(_livePath, RecordFile.Write(live, StateJson.Default.LiveRecord, _buffer));
        if (error is not null)
        {
            lock (_gate)
            {
                _liveChanged = true;
            }
        }

        waiting.ForEach(done => done(error));
        return error;
    }

    private IOException? WriteEnded()
    {
        EndedRecord ended;
        List<Action<Exception?>> waiting;
        List<ulong> left;
        lock (_gate)
        {
            ended = new EndedRecord { Sessions = [.. _endedByAge.Select(id => _ended[id])] };
            (waiting, _written) = (_written, []);
            left = [.. _leaving];
            _endedChanged = false;
        }

        IOException? error = Write(_endedPath, RecordFile.Write(ended, StateJson.Default.EndedRecord, _buffer));
        lock (_gate)
        {
            if (error is not null)
            {
                _endedChanged = true;
                _written.AddRange(waiting);
                return error;
            }

            foreach (ulong id in left)
            {
                _leaving.Remove(id);
                _liveChanged |= _live.Remove(id);
            }
        }

        waiting.ForEach(done => done(null));
        return null;
    }

    private static IOException? Write(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            Files.WriteAtomically(path, content);
            return null;
        }
        catch (IOException e)
        {
            return e;
        }
    }

    private void Tell(IOException? error, bool failed)
    {
        if (error is not null && !failed)
        {
            Log.NotWritten(_logger, error.Message);
        }
        else if (error is null && failed)
        {
            Log.WrittenAgain(_logger);
        }
    }

    private void ReserveIds()
    {
        try
        {
            _counter.Reserve();
        }
        catch (IOException e)
        {
            // Half a block is left; the launch that finds none says so.
            Log.NotReserved(_logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1010, LogLevel.Error, "The record of sessions could not be written: {Problem}. New launches are refused until it can be; running sessions go on")]
        public static partial void NotWritten(ILogger logger, string problem);

        [LoggerMessage(1011, LogLevel.Warning, "The record of sessions is written again")]
        public static partial void WrittenAgain(ILogger logger);

        [LoggerMessage(1012, LogLevel.Warning, "No further session ids could be reserved yet: {Problem}")]
        public static partial void NotReserved(ILogger logger, string problem);
    }
}
