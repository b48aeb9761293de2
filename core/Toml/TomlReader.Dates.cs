using System.Globalization;

namespace Weft.Core.Toml;

// Dates and times, RFC 3339 with seconds: https://toml.io/en/v1.0.0#offset-date-time and what follows there
public sealed partial class TomlReader
{
    /// <param name="token">What stands here; where a blank separates date and time it is made longer.</param>
    private TomlDateTime? ReadDateTime(ref ReadOnlySpan<char> token, TomlPosition position)
    {
        DateOnly? date = null;
        ReadOnlySpan<char> rest = token;
        if (LooksLikeDate(token))
        {
            if (token.Length == 10 && At(_at + 10) == ' ' && char.IsAsciiDigit(At(_at + 11)))
            {
                ReadOnlySpan<char> time = _text.AsSpan(_at + 11, Math.Min(MaximumToken, _text.Length - _at - 11));
                int end = time.IndexOfAny(ScalarEnd);
                token = _text.AsSpan(_at, 11 + (end < 0 ? time.Length : end));
                rest = token;
            }

            if (token.Length < 10 || token[7] != '-' || !TryNumber(token[..4], out int year) || !TryNumber(token[5..7], out int month)
                || !TryNumber(token[8..10], out int day))
            {
                return null;
            }

            if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            {
                throw Error(position, $"there is no day {Shown(new string(token[..10]))}");
            }

            date = new DateOnly(year, month, day);
            if (token.Length == 10)
            {
                return new TomlDateTime(date, null, null, position);
            }

            if (token[10] is not ('T' or 't' or ' '))
            {
                return null;
            }

            rest = token[11..];
        }

        if (!TryTime(ref rest, position, out TimeOnly timeOfDay))
        {
            return null;
        }

        if (rest.IsEmpty)
        {
            return new TomlDateTime(date, timeOfDay, null, position);
        }

        return date is not null && TryOffset(rest, position, out TimeSpan offset)
            ? new TomlDateTime(date, timeOfDay, offset, position)
            : null;
    }

    private char At(int at) => at < _text.Length ? _text[at] : '\0';

    private static bool TryTime(ref ReadOnlySpan<char> rest, TomlPosition position, out TimeOnly time)
    {
        time = default;
        if (rest.Length < 8 || rest[2] != ':' || rest[5] != ':' || !TryNumber(rest[..2], out int hour)
            || !TryNumber(rest[3..5], out int minute) || !TryNumber(rest[6..8], out int second))
        {
            return false;
        }

        // A leap second is no time that .NET, or most others, can hold.
        if (hour > 23 || minute > 59 || second > 59)
        {
            throw Error(position, $"there is no time {Shown(new string(rest[..8]))}");
        }

        rest = rest[8..];
        long ticks = 0;
        if (!rest.IsEmpty && rest[0] == '.')
        {
            int digits = 1;
            while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
            {
                ticks += digits <= 7 ? (rest[digits] - '0') * PowerOfTen(7 - digits) : 0;
                digits++;
            }

            if (digits == 1)
            {
                return false;
            }

            rest = rest[digits..];
        }

        time = new TimeOnly(new TimeOnly(hour, minute, second).Ticks + ticks);
        return true;
    }

    private static bool TryOffset(ReadOnlySpan<char> rest, TomlPosition position, out TimeSpan offset)
    {
        offset = default;
        if (rest is "Z" or "z")
        {
            return true;
        }

        if (rest.Length != 6 || rest[0] is not ('+' or '-') || rest[3] != ':' || !TryNumber(rest[1..3], out int hours)
            || !TryNumber(rest[4..6], out int minutes))
        {
            return false;
        }

        if (hours > 23 || minutes > 59)
        {
            throw Error(position, $"there is no offset {Shown(new string(rest))}");
        }

        offset = new TimeSpan(hours, minutes, 0) * (rest[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static long PowerOfTen(int exponent)
    {
        long power = 1;
        while (exponent-- > 0)
        {
            power *= 10;
        }

        return power;
    }
}
