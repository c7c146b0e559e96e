using System.Buffers;
using BenchmarkDotNet.Attributes;
using Fairlead.Wire.Spdy;

namespace Fairlead.Benchmarks;

/// <summary>Frames of SPDY/3.1, written and read.</summary>
[MemoryDiagnoser]
public class SpdyFraming
{
    readonly byte[] _data = new byte[32 * 1024];
    readonly ArrayBufferWriter<byte> _control = new(64);
    readonly SpdyFrameReader _dataReader = new(SpdyLimits.Default), _controlReader = new(SpdyLimits.Default);

    [Benchmark]
    public long DataFrame()
    {
        SpdyFrame.WriteDataHeader(_data, stream: 5, SpdyFlags.None, _data.Length - SpdyFrame.HeaderLength);
        return Read(_dataReader, _data).Payload.Length;
    }

    [Benchmark]
    public uint WindowUpdate()
    {
        _control.ResetWrittenCount();
        new SpdyFrame(SpdyFrameType.WindowUpdate, SpdyFlags.None, 5, 32 * 1024).WriteTo(_control);
        return Read(_controlReader, _control.WrittenMemory).Value;
    }

    static SpdyFrame Read(SpdyFrameReader reader, ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySequence<byte> input = new(bytes);
        return reader.TryRead(ref input, out SpdyFrame frame) && input.IsEmpty ? frame : throw new InvalidDataException();
    }
}
