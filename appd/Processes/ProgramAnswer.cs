using System.Text;
using Weft.Linux;

namespace Weft.Appd.Processes;

/// <summary>What a program of ours answered to a question on its command line.</summary>
/// <param name="Status">How it ended; null where it had to be killed.</param>
/// <param name="Output">Its standard output, at most 64 KiB.</param>
/// <param name="Error">Its standard error, likewise.</param>
internal sealed record ProgramAnswer(ExitStatus? Status, string Output, string Error)
{
    /// <summary>Runs the program to its end, or to the deadline.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static async Task<ProgramAnswer> AskAsync(string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, TimeSpan deadline, TimeProvider time)
    {
        (Descriptor Read, Descriptor Write) output = Files.Pipe();
        (Descriptor Read, Descriptor Write) error = Files.Pipe();
        using (output.Read)
        using (error.Read)
        {
            // What does not fit into a pipe is not waited for: an answer is short.
            Files.SetNonBlocking(output.Write, true);
            Files.SetNonBlocking(error.Write, true);
            ChildProcess child;
            using (output.Write)
            using (error.Write)
            {
                child = ChildProcess.Start(new SpawnRequest
                {
                    Program = path,
                    Arguments = arguments,
                    Environment = environment,
                    Descriptors = [new PassedDescriptor(output.Write, 1), new PassedDescriptor(error.Write, 2)],
                });
            }

            using (child)
            {
                ExitStatus? status = null;
                try
                {
                    status = await child.Exited.WaitAsync(deadline, time);
                }
                catch (TimeoutException)
                {
                    // It does not know the question and does something else: no answer either.
                }

                await child.KillSessionAsync(deadline);
                return new ProgramAnswer(status, Text(output.Read), Text(error.Read));
            }
        }
    }

    private static string Text(Descriptor pipe)
    {
        byte[] buffer = new byte[64 * 1024];
        int filled = 0;
        Files.SetNonBlocking(pipe, true);
        try
        {
            for (int count; filled < buffer.Length && (count = Files.Read(pipe, buffer.AsSpan(filled))) > 0;)
            {
                filled += count;
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.EAGAIN)
        {
            // All that there is.
        }

        return Encoding.UTF8.GetString(buffer.AsSpan(0, filled)).Trim();
    }
}
