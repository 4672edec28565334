// What other tunnels served over TLS alone, and ports that sshd kept on its own machine: not more public here in
// silence.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "cli/import/readers.hpp"
#include "frp_support.hpp"
#include "reading.hpp"

using namespace ferrotunnel::cli::importing;
using frp_test::contains;

TEST_CASE("https:// endpoints of ngrok are redirected, or reported", "[ngrok][https]") {
    const auto endpoint = [](const std::string& lines) {
        return read_yaml(read_ngrok, "version: 3\nendpoints:\n  - upstream: {url: 3000}\n" + lines);
    };
    CHECK(contains(endpoint("    url: https://a.example.net\n").client(), "https_redirect: on"));
    CHECK_FALSE(contains(endpoint("    url: http://a.example.net\n").client(), "https_redirect"));
    CHECK(endpoint("").asks("http:// works too"));
    const std::string tunnel = "tunnels:\n  a: {proto: http, addr: 3000}\n";
    CHECK(read_yaml(read_ngrok, "version: 3\n" + tunnel).asks("http:// works too"));
    CHECK_FALSE(read_yaml(read_ngrok, "version: 2\n" + tunnel).asks("http:// works too"));
    const Draft command =
        read_command_line(std::vector<std::string>{"ngrok", "http", "80", "--url", "https://a.example.net"});
    CHECK(frp_test::asks(command, "http:// works too"));
}

TEST_CASE("https proxies of frp whose plugin ends TLS are redirected", "[frp][https]") {
    for (const char* const type : {"https2http", "https2https"}) {
        const Draft draft = frp_test::read({frp_test::with_proxy(
            "name = \"a\"\ntype = \"https\"\ncustomDomains = [\"a.example.net\"]\nplugin.type = \"" +
            std::string(type) + "\"\nplugin.localAddr = \"127.0.0.1:80\"\n")});
        CHECK(contains(frp_test::yaml(draft), "https_redirect: on"));
        CHECK(frp_test::asks(draft, "are redirected"));
    }
}

TEST_CASE("ssh -R is on the server itself, as with sshd's default", "[ssh][exposure]") {
    struct Case {
        std::string forward;
        std::string bind;
        std::string said;
    };
    for (const Case& each : {
             Case{"8443:localhost:443", "127.0.0.1", "remove `bind`"},
             Case{"0.0.0.0:8443:localhost:443", "127.0.0.1", "remove `bind`"},
             Case{"*:8443:localhost:443", "127.0.0.1", "clientspecified"},
             Case{":8443:localhost:443", "127.0.0.1", "remove `bind`"},
             Case{"[::]:8443:localhost:443", "127.0.0.1", "remove `bind`"},
             Case{"192.0.2.1:8443:localhost:443", "127.0.0.1", "bind: 192.0.2.1"},
             Case{"localhost:8443:localhost:443", "127.0.0.1", ""},
             Case{"127.0.0.2:8443:localhost:443", "127.0.0.2", ""},
             Case{"[::1]:8443:localhost:443", "\"::1\"", ""},
         }) {
        INFO(each.forward);
        const Draft draft =
            read_command_line(std::vector<std::string>{"ssh", "-N", "-R", each.forward, "edge.example.net"});
        CHECK(contains(frp_test::yaml(draft), "bind: " + each.bind + "\n"));
        CHECK(frp_test::asks(draft, "GatewayPorts") == !each.said.empty());
        CHECK((each.said.empty() || frp_test::asks(draft, each.said)));
    }
}
