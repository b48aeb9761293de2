using Weft.Linux;

namespace Weft.Core.Code;

/// <summary>
/// Compiled modules. Compiled code is native code that an engine runs without a word, so only a compiler process of Weft's own makes
/// it, and what is found on disk is used only with an HMAC under a key of the state root over module, engine, settings and code.
/// That is computed once per file (device, inode, size, change time) and life of this object. Thread-safe.
/// </summary>
public sealed class CodeCache : IAsyncDisposable
{
    private readonly CodeCacheOptions _options;
    private readonly CodeCompiler _compiler;
    private readonly Lazy<CodeFolder> _folder;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task> _compiling = new(StringComparer.Ordinal); // guarded by _gate
    private readonly CancellationTokenSource _stop = new();
    private long _compiled;

    public CodeCache(CodeCacheOptions options, TimeProvider time)
    {
        _options = options;
        _compiler = new CodeCompiler(options, time);

        // The state root may not be ours yet when this object is made.
        _folder = new Lazy<CodeFolder>(() => new CodeFolder(Path.Combine(options.CacheFolder, "code"), CodeKey.ReadOrMake(options.StateRoot)));
    }

    /// <summary>How many modules were compiled, for status and tests.</summary>
    public long Compiled => Interlocked.Read(ref _compiled);

    /// <summary>
    /// The code of a module for an engine, open for reading; the caller disposes it. Compiled where there is none that counts; callers who
    /// ask for the same at the same time share one compiler. Where nothing has to be compiled the task is complete when this returns.
    /// </summary>
    /// <param name="module">The module, open for reading; used during the call only.</param>
    /// <param name="moduleSha256">The SHA-256 of its content.</param>
    /// <param name="engine">The engine that will run it.</param>
    /// <param name="cancellationToken">Ends the wait, not a compilation that others may be waiting for.</param>
    /// <exception cref="CompileException">The module was not compiled.</exception>
    public ValueTask<Descriptor> GetAsync(Descriptor module, ReadOnlyMemory<byte> moduleSha256, EngineFacts engine, CancellationToken cancellationToken)
    {
        CodeEntry entry = _folder.Value.Entry(moduleSha256, engine);
        return _folder.Value.TryOpen(entry) is { } code ? ValueTask.FromResult(code) : new ValueTask<Descriptor>(CompileAsync(module, entry, engine, cancellationToken));
    }

    /// <summary>Ends what is being compiled.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task[] running;
        lock (_gate)
        {
            running = [.. _compiling.Values];
        }

        try
        {
            await Task.WhenAll(running);
        }
        catch (Exception e) when (e is OperationCanceledException or CompileException or LinuxException)
        {
            // Each caller has been told its own.
        }

        _stop.Dispose();
    }

    private async Task<Descriptor> CompileAsync(Descriptor module, CodeEntry entry, EngineFacts engine, CancellationToken cancellationToken)
    {
        await Shared(module, entry, engine).WaitAsync(cancellationToken);
        return _folder.Value.TryOpen(entry)
            ?? throw new CompileException(CompileFailure.NoCompiler, $"compiled code was changed in {_folder.Value.Path} as soon as it was written: look who writes there");
    }

    private Task Shared(Descriptor module, CodeEntry entry, EngineFacts engine)
    {
        lock (_gate)
        {
            if (!_compiling.TryGetValue(entry.Name, out Task? task))
            {
                // A descriptor of its own: the caller may be gone before the compiler is.
                task = RunAsync(module.Duplicate(), entry, engine);
                _compiling[entry.Name] = task;
            }

            return task;
        }
    }

    private async Task RunAsync(Descriptor module, CodeEntry entry, EngineFacts engine)
    {
        // Off the caller's thread, which holds the gate.
        await Task.Yield();
        try
        {
            using (module)
            {
                using Descriptor output = _folder.Value.MakeOutput();
                await _compiler.RunAsync(module, output, engine, _stop.Token);
                Interlocked.Increment(ref _compiled);
                _folder.Value.Keep(entry, output);
                _folder.Value.Trim(_options.TotalBytes, entry);
            }
        }
        finally
        {
            lock (_gate)
            {
                _compiling.Remove(entry.Name);
            }
        }
    }
}
