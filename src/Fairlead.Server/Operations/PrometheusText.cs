using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Operations;

/// <summary>One meter's instruments in Prometheus' text form (version 0.0.4): counters, up-down counters, gauges and histograms.</summary>
/// <remarks>Of our own, since the packaged exporter is a beta. A series that was seen once stays; their number is bounded by the
/// tags'.</remarks>
public sealed class PrometheusText : IDisposable
{
    /// <summary>What it is told to be in HTTP.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    static readonly double[] s_bounds = [0.1, 0.5, 1, 5, 30, 60, 300, 1800, 3600, 14400];

    readonly Lock _lock = new();
    readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);
    readonly MeterListener _listener;

    /// <summary>Listens to a meter from now on.</summary>
    /// <param name="meter">The meter, whose instruments may come later; stays the caller's.</param>
    public PrometheusText(Meter meter)
    {
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, meter)) listener.EnableMeasurementEvents(instrument, FamilyOf(instrument));
            },
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Add((Family)family!, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Add((Family)family!, value, tags));
        _listener.Start();
    }

    /// <summary>The text as of now. Observable instruments are asked.</summary>
    public string Format()
    {
        _listener.RecordObservableInstruments();
        StringBuilder text = new();
        lock (_lock)
        {
            foreach ((string name, Family family) in _families)
            {
                text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {family.Description}\n# TYPE {name} {family.Type}\n");
                foreach ((string labels, Series series) in family.Series) Write(text, name, labels, family, series);
            }
        }

        return text.ToString();
    }

    /// <summary>Answers a request with the text.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.ContentType = ContentType;
        return context.Response.WriteAsync(Format(), context.RequestAborted);
    }

    static void Write(StringBuilder text, string name, string labels, Family family, Series series)
    {
        if (family.Type != "histogram")
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {series.Sum}\n");
            return;
        }

        string separator = labels.Length > 0 ? "," : "";
        long below = 0;
        for (int i = 0; i < s_bounds.Length; i++)
        {
            below += series.Buckets[i];
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{separator}le=\"{s_bounds[i]}\"}} {below}\n");
        }

        text.Append(CultureInfo.InvariantCulture,
            $"{name}_bucket{{{labels}{separator}le=\"+Inf\"}} {series.Count}\n" +
            $"{name}_sum{{{labels}}} {series.Sum}\n{name}_count{{{labels}}} {series.Count}\n");
    }

    Family FamilyOf(Instrument instrument)
    {
        string type = instrument switch
        {
            Counter<long> or ObservableCounter<long> => "counter",
            Histogram<double> => "histogram",
            _ => "gauge",
        };
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        string name = instrument.Name.Replace('.', '_');
        if (unit.Length > 0 && !name.EndsWith(unit, StringComparison.Ordinal)) name += unit;
        if (type == "counter") name += "_total";
        Family family = new(type, instrument.Description ?? "", instrument.IsObservable);
        lock (_lock) _families[name] = family;
        return family;
    }

    void Add(Family family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        StringBuilder labels = new();
        foreach ((string key, object? tag) in tags)
        {
            string escaped = Convert.ToString(tag, CultureInfo.InvariantCulture)!.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            labels.Append(CultureInfo.InvariantCulture, $"{(labels.Length > 0 ? "," : "")}{key}=\"{escaped}\"");
        }

        lock (_lock)
        {
            if (!family.Series.TryGetValue(labels.ToString(), out Series? series)) family.Series[labels.ToString()] = series = new Series();
            series.Sum = family.IsObservable ? value : series.Sum + value;
            series.Count++;
            int bucket = Array.FindIndex(s_bounds, bound => value <= bound);
            if (bucket >= 0) series.Buckets[bucket]++;
        }
    }

    /// <summary>Listens no more.</summary>
    public void Dispose() => _listener.Dispose();

    sealed class Family(string type, string description, bool isObservable)
    {
        /// <summary>What is measured is the value itself, not a change of it.</summary>
        internal bool IsObservable { get; } = isObservable;

        internal string Type { get; } = type;

        internal string Description { get; } = description;

        internal SortedDictionary<string, Series> Series { get; } = new(StringComparer.Ordinal);
    }

    sealed class Series
    {
        internal double Sum { get; set; }

        internal long Count { get; set; }

        internal long[] Buckets { get; } = new long[s_bounds.Length];
    }
}
