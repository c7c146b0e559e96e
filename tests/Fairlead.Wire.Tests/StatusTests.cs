using CsCheck;

namespace Fairlead.Wire.Tests;

public sealed class StatusTests
{
    const string SuccessVector = "037b226d65746164617461223a7b7d2c22737461747573223a2253756363657373227d";
    const string SuccessOfCriVector = "037b22737461747573223a2253756363657373227d";
    const string ExitCode3Vector =
        "037b226d65746164617461223a7b7d2c22737461747573223a224661696c757265222c226d657373616765223a22636f6d6d616e64207465726d696e6174"
        + "65642077697468206e6f6e2d7a65726f206578697420636f64653a20636f6d6d616e64207465726d696e617465642077697468206578697420636f646520"
        + "33222c22726561736f6e223a224e6f6e5a65726f45786974436f6465222c2264657461696c73223a7b22636175736573223a5b7b22726561736f6e223a22"
        + "45786974436f6465222c226d657373616765223a2233227d5d7d7d";

    static byte[] Payload(string vector) => Convert.FromHexString(vector)[1..];

    static Status? Parse(string json) => Status.TryParse(Encoding.UTF8.GetBytes(json));

    [Theory]
    [InlineData(SuccessVector)]
    [InlineData(SuccessOfCriVector)]
    public void Both_forms_of_success_read_as_exit_code_0(string vector)
    {
        Status? status = Status.TryParse(Payload(vector));

        Assert.NotNull(status);
        Assert.True(status.IsSuccess);
        Assert.True(status.TryGetExitCode(out int code));
        Assert.Equal(0, code);
    }

    [Fact]
    public void The_exit_code_vector_reads_as_3()
    {
        byte[] payload = Payload(ExitCode3Vector);
        Assert.Equal(212, payload.Length);
        Status? status = Status.TryParse(payload);

        Assert.NotNull(status);
        Assert.False(status.IsSuccess);
        Assert.True(status.TryGetExitCode(out int code));
        Assert.Equal(3, code);
        Assert.Equal("command terminated with non-zero exit code: command terminated with exit code 3", status.Message);
        Assert.Null(status.Code);
    }

    [Fact]
    public void Success_is_written_as_the_api_server_writes_it() => Assert.Equal(Payload(SuccessVector), Status.Success.ToJson());

    [Fact]
    public void An_exit_code_is_written_as_the_api_server_writes_it() => Assert.Equal(Payload(ExitCode3Vector), Status.FromExitCode(3).ToJson());

    [Fact]
    public void An_internal_error_is_written_as_the_api_server_writes_it() => Assert.Equal(
        """{"metadata":{},"status":"Failure","message":"Internal error occurred: error executing command in container: \"x\" <y>","reason":"InternalError","details":{"causes":[{"message":"error executing command in container: \"x\" <y>"}]},"code":500}""",
        Encoding.UTF8.GetString(Status.InternalError("error executing command in container: \"x\" <y>").ToJson()));

    [Fact]
    public void A_refusal_names_its_kind_and_version()
    {
        using JsonDocument json = JsonDocument.Parse(Status.Refusal(404, "NotFound", "pods \"x\" not found", new() { Name = "x", Kind = "pods" }).ToJson());

        Assert.Equal("Status", json.RootElement.GetProperty("kind").GetString());
        Assert.Equal("v1", json.RootElement.GetProperty("apiVersion").GetString());
        Assert.Equal(404, json.RootElement.GetProperty("code").GetInt32());
        Assert.Equal("pods", json.RootElement.GetProperty("details").GetProperty("kind").GetString());
        Assert.Equal("pods \"x\" not found", json.RootElement.GetProperty("message").GetString());
    }

    [Fact]
    public void Every_exit_code_comes_back()
    {
        for (int code = 0; code <= 255; code++)
        {
            Status? read = Status.TryParse(Status.FromExitCode(code).ToJson());
            Assert.NotNull(read);
            Assert.True(read.TryGetExitCode(out int back));
            Assert.Equal(code, back);
        }
    }

    [Theory]
    [InlineData("256")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("+3")]
    [InlineData(" 3")]
    [InlineData("0x3")]
    [InlineData("3.0")]
    [InlineData("seven")]
    public void A_cause_that_is_no_8_bit_number_gives_no_exit_code(string text)
    {
        Status? status = Parse("""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"@"}]}}""".Replace("@", text, StringComparison.Ordinal));
        Assert.NotNull(status);
        Assert.False(status.TryGetExitCode(out _));
    }

    [Theory]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode"}""")] // details are required
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode","details":{}}""")]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[]}}""")]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"Other","message":"3"}]}}""")]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode"}]}}""")]
    [InlineData("""{"status":"Failure","reason":"InternalError","details":{"causes":[{"reason":"ExitCode","message":"3"}]},"code":500}""")]
    [InlineData("""{"status":"Failure"}""")]
    public void Other_failures_carry_no_exit_code(string json)
    {
        Status? status = Parse(json);
        Assert.NotNull(status);
        Assert.False(status.TryGetExitCode(out _));
    }

    [Theory, Trait("Case", "B7")]
    [InlineData("Failure", "NonZeroExitCode", "0")]
    [InlineData("Failure", "NonZeroExitCode", "00")]
    [InlineData("Failure", "NonZeroExitCode", "-1")]
    [InlineData("Failure", "NonZeroExitCode", "256")]
    [InlineData("Failure", "NonZeroExitCode", "4294967296")]
    [InlineData("Failure", "NonZeroExitCode", "+1")]
    [InlineData("Failure", "NonZeroExitCode", "1 ")]
    [InlineData("Failure", "NonZeroExitCode", "")]
    [InlineData("Failure", "NonZeroExitCode", null)]
    [InlineData("Success", "", "3")]
    [InlineData("Success", "", "")]
    [InlineData("Success", "NonZeroExitCode", null)]
    [InlineData("Success", "NonZeroExitCode", "0")]
    public void A_status_that_contradicts_itself_is_no_success_and_says_why(string result, string reason, string? code)
    {
        Status status = new()
        {
            Result = result,
            Reason = reason,
            Details = code is null ? null : new StatusDetails { Causes = [new StatusCause { Reason = "ExitCode", Message = code }] },
        };
        Status? read = Status.TryParse(status.ToJson());
        Assert.NotNull(read);
        Assert.False(read.IsSuccess);
        Assert.False(read.TryGetExitCode(out int none));
        Assert.Equal(0, none);
        Assert.NotNull(read.Contradiction);
        if (code is { Length: > 0 }) Assert.Contains($"\"{code}\"", read.Contradiction, StringComparison.Ordinal);
    }

    [Fact, Trait("Case", "B7")]
    public void A_success_that_names_the_code_0_and_ordinary_failures_contradict_nothing()
    {
        Status? success = Parse("""{"status":"Success","details":{"causes":[{"reason":"ExitCode","message":"0"}]}}""");
        Assert.True(success!.IsSuccess && success.TryGetExitCode(out int code) && code == 0);
        Assert.All([success, Status.FromExitCode(3), Status.InternalError("x")], status => Assert.Null(status.Contradiction));
    }

    [Fact]
    public void The_first_exit_code_cause_counts_and_order_and_unknown_members_do_not()
    {
        Status? status = Parse(
            """{"reason":"NonZeroExitCode","x":[1,{"y":null}],"details":{"uid":"u","causes":[{"message":"m"},{"message":"7","reason":"ExitCode","field":"f"},{"reason":"ExitCode","message":"8"}]},"status":"Failure"}""");

        Assert.NotNull(status);
        Assert.True(status.TryGetExitCode(out int code));
        Assert.Equal(7, code);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("\"Success\"")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"status":"success"}""")]
    [InlineData("""{"status":"Unknown"}""")]
    [InlineData("""{"status":null}""")]
    [InlineData("""{"status":1}""")]
    [InlineData("""{"status":"Success"}{"status":"Success"}""")]
    [InlineData("""{"status":"Success""")]
    [InlineData("command terminated")]
    public void What_is_no_status_is_never_taken_for_one(string text) => Assert.Null(Parse(text));

    [Fact]
    public void A_null_cause_is_no_crash()
    {
        Status? status = Parse("""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[null,{"reason":"ExitCode","message":"5"}]}}""");
        Assert.NotNull(status);
        Assert.True(status.TryGetExitCode(out int code));
        Assert.Equal(5, code);
    }

    [Fact]
    public void Random_bytes_never_throw_and_are_never_success() =>
        Gen.Byte.Array[0, 300].Sample(bytes => Assert.Null(Status.TryParse(bytes)));

    [Fact]
    public void A_damaged_status_never_throws_nor_turns_a_failure_into_success()
    {
        byte[] whole = Status.FromExitCode(3).ToJson();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            byte[] damaged = [.. whole];
            damaged[at] = value;
            if (Status.TryParse(damaged) is { } status) Assert.False(status.IsSuccess);
        });
    }

    [Theory]
    [InlineData("{\"status\":\"Success\",\"message\":\"\\uD800\"}")]
    [InlineData("{\"status\":\"Success\",\"\\uD800\":1}")]
    [InlineData("{\"status\":\"Success\",\"details\":{\"causes\":{}}}")]
    [InlineData("{\"status\":\"Success\",\"metadata\":7}")]
    [InlineData("{\"status\":\"Success\",\"code\":99999999999}")]
    public void Text_that_is_none_and_values_of_another_kind_never_throw(string json) => Parse(json);

    [Fact]
    public void Invalid_utf8_never_throws()
    {
        Status.TryParse([.. "{\"status\":\"Success\",\"message\":\""u8, 0xFF, .. "\"}"u8]);
        Status.TryParse([.. "{\"status\":\"Success\",\""u8, 0xFF, .. "\":1}"u8]);
    }

    [Fact]
    public void Deep_nesting_is_refused() => Assert.Null(Parse("""{"status":"Success","x":""" + new string('[', 100_000)));
}
