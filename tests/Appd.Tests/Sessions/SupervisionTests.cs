using Weft.Appd.Sessions;
using Weft.Core.Apps;
using Weft.Core.Protocol;
using Xunit;

namespace Weft.Appd.Tests.Sessions;

public sealed class SupervisionTests
{
    private static readonly SessionLimits Limits = new();

    [Theory]
    [InlineData(RestartPolicy.Never, EndCause.Crashed, false)]
    [InlineData(RestartPolicy.OnFailure, EndCause.Exited, false)]
    [InlineData(RestartPolicy.OnFailure, EndCause.Failed, true)]
    [InlineData(RestartPolicy.OnFailure, EndCause.ReadyTimeout, true)]
    [InlineData(RestartPolicy.OnFailure, EndCause.LaunchFailed, true)]
    [InlineData(RestartPolicy.Always, EndCause.Exited, true)]
    [InlineData(RestartPolicy.Always, EndCause.Crashed, true)]
    [InlineData(RestartPolicy.Always, EndCause.Terminated, false)]
    [InlineData(RestartPolicy.Always, EndCause.WindowClosed, false)]
    [InlineData(RestartPolicy.Always, EndCause.Shutdown, false)]
    public void What_a_person_or_the_daemon_ended_stays_down(RestartPolicy policy, EndCause cause, bool again) =>
        Assert.Equal(again, Supervision.Judge(policy, cause, TimeSpan.FromSeconds(1), default, Limits).After is not null);

    [Fact]
    public void The_pause_doubles_from_half_a_second_to_thirty_and_five_failures_in_a_row_end_it()
    {
        var row = default(RestartRow);
        var pauses = new List<double>();
        RestartVerdict verdict = default;
        for (int i = 0; i < 5; i++)
        {
            verdict = Supervision.Judge(RestartPolicy.Always, EndCause.LaunchFailed, null, row, Limits);
            row = verdict.Row;
            if (verdict.After is { } pause)
            {
                pauses.Add(pause.TotalSeconds);
            }
        }

        Assert.Equal([0.5, 1, 2, 4], pauses);
        Assert.True(verdict.GaveUp);
        Assert.Null(verdict.After);

        SessionLimits many = Limits with { FailuresInARow = 100 };
        Assert.Equal(30, Supervision.Judge(RestartPolicy.Always, EndCause.Failed, null, new RestartRow(9, TimeSpan.FromSeconds(20)), many).After!.Value.TotalSeconds);
    }

    [Fact]
    public void Readiness_resets_the_pause_and_a_good_while_of_it_the_row()
    {
        var row = new RestartRow(3, TimeSpan.FromSeconds(4));

        RestartVerdict soon = Supervision.Judge(RestartPolicy.Always, EndCause.Crashed, TimeSpan.FromSeconds(1), row, Limits);
        Assert.Equal((0.5, 4), (soon.After!.Value.TotalSeconds, soon.Row.Failures));

        RestartVerdict late = Supervision.Judge(RestartPolicy.Always, EndCause.Crashed, TimeSpan.FromSeconds(31), row, Limits);
        Assert.Equal((0.5, 1), (late.After!.Value.TotalSeconds, late.Row.Failures));
    }
}
