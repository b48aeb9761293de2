using Weft.Appd.Tests.Sessions;
using Xunit;

namespace Weft.Appd.Tests;

public sealed class IdleMemoryTests
{
    private readonly ManualTime _time = new();
    private int _collections;

    [Fact]
    public void Memory_is_given_back_once_after_a_quiet_while()
    {
        using var memory = new IdleMemory(_time, () => _collections++);
        _time.Advance(10 * IdleMemory.Quiet);
        Assert.Equal(0, _collections);
        Assert.Equal(0, _time.Waiting);

        memory.Touch();
        _time.Advance(IdleMemory.Quiet);
        Assert.Equal(1, _collections);

        _time.Advance(10 * IdleMemory.Quiet);
        Assert.Equal(1, _collections);
        Assert.Equal(0, _time.Waiting);
    }

    [Fact]
    public void Nothing_is_collected_while_something_happens()
    {
        using var memory = new IdleMemory(_time, () => _collections++);
        for (int i = 0; i < 20; i++)
        {
            memory.Touch();
            _time.Advance(0.5 * IdleMemory.Quiet);
        }

        Assert.Equal(0, _collections);
        _time.Advance(IdleMemory.Quiet);
        Assert.Equal(1, _collections);

        memory.Touch();
        _time.Advance(IdleMemory.Quiet);
        Assert.Equal(2, _collections);
    }
}
