using Weft.Tests.Support;
using Xunit;

[assembly: CollectionBehavior(DisableTestParallelization = true)] // they measure processes and CPU time

namespace Weft.Process.Tests;

/// <summary>One daemon for all tests that do not harm it, started by the first that needs it.</summary>
public sealed class SharedDaemon : IAsyncLifetime
{
    private Daemon? _daemon;

    public async Task<Daemon> GetAsync() => _daemon ??= await Daemon.StartAsync("[sessions]\nready_timeout = 4\ngrace = 1\n");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class DaemonCollection : ICollectionFixture<SharedDaemon>
{
    public const string Name = "daemon";
}
