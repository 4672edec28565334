// frp's servers: each rule of the translation.
#include <catch2/catch.hpp>
#include <fstream>

#include "cli/import/tokens.hpp"
#include "frp_support.hpp"
#include "support/temporary_folder.hpp"

using frp_test::asks;
using frp_test::contains;
using frp_test::is_needless;
using frp_test::lost;
using frp_test::yaml;

TEST_CASE("an frp server", "[frp]") {
    const auto draft =
        frp_test::read({"bindPort = 7000\nauth.token = \"made-up\"\nvhostHTTPPort = 8080\n"
                        "subDomainHost = \"tunnel.example.com\"\n"
                        "allowPorts = [{ start = 6000, end = 6100 }, { single = 7 }]\n"});
    CHECK(yaml(draft) ==
          "server:\n"
          "  bind: 0.0.0.0:7000\n"
          "  http_bind: 0.0.0.0:8080\n"
          "  token: file:token\n"
          "  allow_ports: [6000-6100, 7]\n"
          "  domain: tunnel.example.com\n");
    CHECK(draft.lost.empty());
}

TEST_CASE("nothing more is exposed than by frp", "[frp]") {
    const auto draft =
        frp_test::read({"bindAddr = \"192.0.2.1\"\nauth.token = \"t\"\n"
                        "webServer.addr = \"0.0.0.0\"\nwebServer.port = 7500\n"});
    const std::string text = yaml(draft);
    CHECK(contains(text, "bind: 192.0.2.1:7000"));
    CHECK(contains(text, "tcp_bind: 192.0.2.1"));
    CHECK(contains(text, "http_bind: off"));
    CHECK(contains(text, "dashboard: 127.0.0.1:7500"));
    CHECK(asks(draft, "from this machine only"));
    CHECK(asks(draft, "every port from 1024 on"));
}

TEST_CASE("limits, pages and times of a server", "[frp]") {
    const auto draft =
        frp_test::read({"bindPort = 7000\nauth.token = \"t\"\nmaxPortsPerClient = 5\n"
                        "vhostHTTPPort = 80\nvhostHTTPTimeout = 90\nuserConnTimeout = 8\n"
                        "custom404Page = \"/srv/404.html\"\ntransport.heartbeatTimeout = 60\n"
                        "allowedClientIPs = [\"192.0.2.0/24\"]\n"});
    const std::string text = yaml(draft);
    CHECK(contains(text, "ports_per_token: 5"));
    CHECK(contains(text, "first_byte_timeout: 90s"));
    CHECK(contains(text, "open_timeout: 8s"));
    CHECK(contains(text, "dead_interval: 60s"));
    CHECK(contains(text, "404: /srv/404.html"));
    CHECK(contains(text, "token:\n    - name: frp\n      secret: file:token\n      from: [192.0.2.0/24]"));
    CHECK(draft.lost.empty());
}

TEST_CASE("what a server does not have", "[frp]") {
    const auto draft =
        frp_test::read({"bindPort = 7000\nauth.token = \"t\"\nkcpBindPort = 7000\n"
                        "tcpmuxHTTPConnectPort = 1337\ntcpmuxPassthrough = false\n"
                        "sshTunnelGateway.bindPort = 2200\nauth.oidc.issuer = \"\"\n"
                        "[[httpPlugins]]\nname = \"p\"\naddr = \"127.0.0.1:9\"\n"});
    CHECK(contains(lost(draft, "kcpBindPort"), "KCP"));
    CHECK_FALSE(lost(draft, "tcpmuxHTTPConnectPort").empty());
    CHECK(is_needless(draft, "tcpmuxPassthrough"));
    CHECK_FALSE(lost(draft, "sshTunnelGateway.bindPort").empty());
    CHECK(is_needless(draft, "auth.oidc.issuer"));
    CHECK_FALSE(lost(draft, "httpPlugins[1] (p)").empty());
}

TEST_CASE("a token of both sides is replaced, one of one side is refused", "[frp][token]") {
    const std::string server = "bindPort = 7000\nauth.token = \"made-up\"\n";
    const std::string client = "serverAddr = \"edge\"\nauth.token = \"made-up\"\n";
    auto both = frp_test::read({server, client});
    settle_tokens(both, "/nowhere");
    REQUIRE(both.secrets.size() == 1);
    CHECK(both.secrets.front().content.starts_with("ft1_"));
    CHECK(both.lost.empty());
    auto one = frp_test::read({client});
    settle_tokens(one, "/nowhere");
    CHECK(one.secrets.front().content.empty());
    CHECK(contains(lost(one, "token"), "guessed"));
    auto different = frp_test::read({server, "serverAddr = \"edge\"\nauth.token = \"other\"\n"});
    settle_tokens(different, "/nowhere");
    CHECK(different.lost.size() == 2);
}

TEST_CASE("a token whose file is there already is not lost, and no text advises to overwrite it", "[frp][token]") {
    const ferrotunnel::test::TemporaryFolder folder;
    std::ofstream(folder / "token") << "of the server\n";
    auto there = frp_test::read({frp_test::with_proxy("name = \"a\"\ntype = \"tcp\"\nlocalPort = 1\n")});
    settle_tokens(there, folder.path());
    CHECK(there.lost.empty());
    CHECK(asks(there, "the file token is there already: check that it is the server's"));
    CHECK(there.secrets.front().content.empty());
    auto away = frp_test::read({frp_test::with_proxy("name = \"a\"\ntype = \"tcp\"\nlocalPort = 1\n")});
    settle_tokens(away, folder / "other");
    REQUIRE(away.lost.size() == 1);
    CHECK(contains(away.lost.front().instead,
                   "copy the server's file `token` here; only if there is none yet, make one: `ferrotunnel token > "
                   "token; chmod 600 token`"));
}

TEST_CASE("the ports that frps holds are in one line", "[frp]") {
    const auto draft =
        frp_test::read({"bindPort = 7000\nkcpBindPort = 7000\nvhostHTTPPort = 80\nvhostHTTPSPort = 0\n"
                        "auth.token = \"t\"\n[webServer]\nport = 7500\n"});
    CHECK(asks(draft, "frps holds ports 7000, 80, 7500 and its clients' public ports"));
    CHECK(asks(frp_test::read({"bindPort = 7001\nauth.token = \"t\"\n"}), "frps holds port 7001 and"));
}
