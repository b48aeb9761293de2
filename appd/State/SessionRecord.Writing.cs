using Microsoft.Extensions.Logging;
using Weft.Linux;

namespace Weft.Appd.State;

internal sealed partial class SessionRecord
{
    private void Run()
    {
        bool failed = false;
        while (true)
        {
            _work.Wait(failed ? _limits.WriteRetry : Timeout.InfiniteTimeSpan);
            if (_counter.IsRunningOut)
            {
                ReserveIds();
            }

            List<Action<Exception?>> waiting;
            LiveRecord? live;
            EndedRecord? ended;
            bool stopping;
            lock (_gate)
            {
                _awake = false;
                Expire();
                stopping = _stopping;
                (waiting, _waiting) = (_waiting, []);
                live = _liveChanged ? new LiveRecord { Sessions = [.. _live.Values], Requests = [.. _requests.Values] } : null;
                ended = _endedChanged ? new EndedRecord { Sessions = [.. _endedByAge.Select(id => _ended[id])] } : null;
                _liveChanged = _endedChanged = false;
            }

            IOException? error = Write(live, ended);
            if (error is not null)
            {
                lock (_gate)
                {
                    _liveChanged |= live is not null;
                    _endedChanged |= ended is not null;
                }

                if (!failed)
                {
                    Log.NotWritten(_logger, error.Message);
                }
            }
            else if (failed && (live ?? (object?)ended) is not null)
            {
                Log.WrittenAgain(_logger);
            }

            failed = error is not null;
            foreach (Action<Exception?> done in waiting)
            {
                done(error);
            }

            if (stopping)
            {
                return;
            }
        }
    }

    private IOException? Write(LiveRecord? live, EndedRecord? ended)
    {
        try
        {
            // Ends first: a crash in between leaves a session in both files, never in none.
            if (ended is not null)
            {
                Files.WriteAtomically(_endedPath, RecordFile.Write(ended, StateJson.Default.EndedRecord));
            }

            if (live is not null)
            {
                Files.WriteAtomically(_livePath, RecordFile.Write(live, StateJson.Default.LiveRecord));
            }

            return null;
        }
        catch (IOException e)
        {
            return e;
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
