using System.Globalization;
using System.Text;

namespace Weft.Tests.Bench;

/// <summary>Named numbers in the order they were added; the unit stands in the name.</summary>
internal sealed class BenchResult
{
    private readonly List<(string Name, double Value)> _numbers = [];

    public void Add(string name, double value) => _numbers.Add((name, value));

    /// <summary>Adds the median and the 95th percentile of <paramref name="samples"/> as <c>NAME_p50</c> and <c>NAME_p95</c>; returns the median.</summary>
    public double AddPercentiles(string name, List<double> samples)
    {
        List<double> sorted = [.. samples.Order()];
        double median = sorted[sorted.Count / 2];
        Add(name + "_p50", median);
        Add(name + "_p95", sorted[(int)(sorted.Count * 0.95)]);
        return median;
    }

    public string ToJson() => "{" + string.Join(",", _numbers.Select(number => $"\"{number.Name}\":{Text(number.Value)}")) + "}";

    public string ToTable()
    {
        StringBuilder table = new();
        foreach ((string name, double value) in _numbers)
        {
            table.Append(name.PadRight(32)).AppendLine(Text(value).PadLeft(12));
        }

        return table.ToString();
    }

    private static string Text(double value) => Math.Round(value, 3).ToString(CultureInfo.InvariantCulture);
}
