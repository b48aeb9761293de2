using System.Text;
using Weft.Runtime.Host;
using Xunit;

namespace Runtime.Tests.Host;

public sealed class JsonRpcRequestTests
{
    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"a"}""", "a", "", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"a","params":{"x":[1,{}]}}""", "a", "7", """{"x":[1,{}]}""")]
    [InlineData("""{"method":"a","id":"\u0000","params":[],"jsonrpc":"2.0"}""", "a", "\"\\u0000\"", "[]")]
    [InlineData("""{"jsonrpc":"2.0","id":null,"method":"a"}""", "a", "null", "")]
    [InlineData("""{"jsonrpc":"2.0","id":{"a":1},"method":"a"}""", "a", "null", "")]
    [InlineData("""{"jsonrpc":"2.0","id":1e400,"method":7}""", "", "1e400", "")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","method":"b"}""", "b", "", "")]
    public void A_line_is_a_call(string line, string method, string id, string parameters)
    {
        Assert.True(JsonRpcRequest.TryRead(Encoding.UTF8.GetBytes(line), out JsonRpcRequest request));
        Assert.Equal((method, id, parameters), (request.Method, Encoding.UTF8.GetString(request.Id), Encoding.UTF8.GetString(request.Parameters)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"jsonrpc":2.0,"method":"a"}""")]
    [InlineData("""{"jsonrpc":"1.0","method":"a"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"a"} x""")]
    [InlineData("""{"jsonrpc":"2.0","method":"a"}{}""")]
    [InlineData("""[{"jsonrpc":"2.0","method":"a"}]""")]
    [InlineData("""{"jsonrpc":"2.0","method":"\ud800"}""")]
    public void A_line_is_log(string line) => Assert.False(JsonRpcRequest.TryRead(Encoding.UTF8.GetBytes(line), out _));

    [Theory]
    [InlineData("", "params is missing")]
    [InlineData("[]", "params is no object")]
    [InlineData("{}", "url is missing")]
    [InlineData("""{"url":7}""", "url is no string")]
    [InlineData("""{"url":"\ud800"}""", "url is no UTF-8")]
    [InlineData("""{"url":"x","headers":{}}""", "headers is no list of [name, value]")]
    [InlineData("""{"url":"x","headers":[["a"]]}""", "headers is no list of [name, value]")]
    [InlineData("""{"url":"x","headers":[["a","b","c"]]}""", "headers is no list of [name, value]")]
    [InlineData("""{"url":"x","headers":[["a","\ud800"]]}""", "headers is no UTF-8")]
    [InlineData("""{"url":"x","headers":[7]}""", "headers is no list of [name, value]")]
    [InlineData("""{"url":"x","body_b64":"***"}""", "body_b64 is no base64")]
    [InlineData("""{"url":"x","body_b64":7}""", "body_b64 is no base64")]
    public void Wrong_parameters_are_said(string parameters, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => JsonRpcParameters.Fetch(Encoding.UTF8.GetBytes(parameters))).Message);

    [Fact]
    public void A_fetch_is_read_whole()
    {
        FetchRequest request = JsonRpcParameters.Fetch("""{"method":"POST","headers":[["a","b"],["c","d"]],"url":"http://x/","body_b64":"aGk=","more":[1]}"""u8);
        Assert.Equal(("http://x/", "POST", 2), (request.Url, request.Method, request.Headers.Count));
        Assert.Equal("hi"u8.ToArray(), request.Body!.Value.ToArray());
    }
}
