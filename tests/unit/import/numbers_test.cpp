// Numbers that are not valid: none is ignored or altered in silence, and a service without its port is off.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "cli/import/keys.hpp"
#include "cli/import/mapping.hpp"
#include "cli/import/readers.hpp"
#include "frp_support.hpp"
#include "reading.hpp"

using namespace ferrotunnel::cli::importing;
using frp_test::contains;
using frp_test::lost;

namespace {

constexpr const char* wrong_ports[] = {"\"ssh\"", "1e3",     "-1",   "65536",   "22.0",   "22.5",
                                       "[22]",    "{a = 1}", "true", "\"22 \"", "\"+22\""};

Draft client_of_frp(const std::string& lines) {
    return frp_test::read({"serverAddr = \"edge\"\nauth.token = \"t\"\n" + lines});
}

Draft proxy_of_frp(const std::string& lines) {
    return frp_test::read({frp_test::with_proxy("name = \"a\"\n" + lines)});
}

}  // namespace

TEST_CASE("whole numbers within bounds", "[numbers]") {
    const Source source = parse_source(
        "f", "a: 7\nb: 1e3\nc: -1\nd: 011\ne: 70000\nf: '7'\ng: [7]\nh: 7.0\ni: 99999999999999999999\nk: 0\n",
        Format::yaml);
    Draft draft;
    Keys keys(source, source.root);
    CHECK(keys.digits(draft, "a", 1, 65535) == "7");
    CHECK(keys.digits(draft, "f", 1, 65535) == "7");
    CHECK(keys.digits(draft, "k", 0, 65535) == "0");
    CHECK(draft.lost.empty());
    for (const char* const key : {"b", "c", "d", "e", "g", "h", "i", "k"}) {
        INFO(key);
        CHECK_FALSE(keys.digits(draft, key, 1, 65535).has_value());
        CHECK(lost(draft, key) == "the value is not a whole number from 1 to 65535");
    }
    CHECK(keys.number(draft, "c", -5, 5) == -1);
    CHECK_FALSE(keys.digits(draft, "missing", 1, 2).has_value());
    CHECK(draft.lost.size() == 8);
}

TEST_CASE("numbers of TOML are not rounded", "[numbers]") {
    const Source source = parse_source("f", "a = 6000.0\nb = 1e3\nc = 0.1234567891\nd = 0x10\n", Format::toml);
    CHECK(source.root.find("a")->scalar == "6000.0");
    CHECK(source.root.find("b")->scalar == "1000.0");
    CHECK(source.root.find("c")->scalar == "0.1234567891");
    CHECK(source.root.find("d")->scalar == "16");
}

TEST_CASE("times have a form", "[numbers]") {
    for (const char* const wrong : {"1e3", "1e3s", "-5s", "5 s", "x", "inf", "nans"}) {
        CHECK_FALSE(duration_of(wrong).has_value());
    }
}

TEST_CASE("frp: ports of proxies", "[numbers][frp]") {
    for (const std::string port : wrong_ports) {
        INFO(port);
        const Draft remote = proxy_of_frp("type = \"tcp\"\nlocalPort = 22\nremotePort = " + port + "\n");
        CHECK_FALSE(lost(remote, "proxies[1].remotePort").empty());
        CHECK(contains(frp_test::yaml(remote), "tcp: 0\n      local: 127.0.0.1:22\n      enabled: off"));
        const Draft local = proxy_of_frp("type = \"tcp\"\nremotePort = 6000\nlocalPort = " + port + "\n");
        CHECK_FALSE(lost(local, "proxies[1].localPort").empty());
        CHECK_FALSE(contains(frp_test::yaml(local), "services"));
        const Draft visitor = client_of_frp(
            "[[visitors]]\nname = \"v\"\ntype = \"stcp\"\nserverName = \"s\"\nsecretKey = \"k\"\nbindPort = " + port +
            "\n");
        if (port != "-1") {  // frp's visitor without a port
            CHECK_FALSE(lost(visitor, "visitors[1].bindPort").empty());
        }
        CHECK_FALSE(contains(frp_test::yaml(visitor), "visits"));
    }
}

TEST_CASE("frp: ports of an INI file may be ranges, and variables", "[numbers][frp]") {
    const auto ranges = frp_test::read(
        {"[common]\nserver_addr = edge\ntoken = t\n[range:a]\nlocal_port = 6000-6002\nremote_port = 7000-7002\n"},
        Format::ini);
    CHECK(contains(frp_test::yaml(ranges), "tcp: 7000-7002\n      local: 127.0.0.1:6000-6002"));
    const auto variable = proxy_of_frp("type = \"tcp\"\nlocalPort = 22\nremotePort = {{ .Envs.PORT }}\n");
    CHECK(contains(frp_test::yaml(variable), "tcp: \"${PORT}\""));
    CHECK(lost(variable, "proxies[1].remotePort").empty());
}

TEST_CASE("frp: other numbers of a client", "[numbers][frp]") {
    for (const std::string value : {"\"x\"", "1e3", "1.5", "[1]"}) {
        INFO(value);
        for (const std::string key : {"serverPort", "webServer.port", "transport.dialServerTimeout",
                                      "transport.heartbeatInterval", "transport.heartbeatTimeout"}) {
            CHECK_FALSE(lost(client_of_frp(key + " = " + value + "\n"), key).empty());
        }
        for (const std::string key :
             {"healthCheck.intervalSeconds", "healthCheck.timeoutSeconds", "healthCheck.maxFailed"}) {
            CHECK_FALSE(
                lost(proxy_of_frp("type = \"tcp\"\nlocalPort = 22\nremotePort = 6000\nhealthCheck.type = \"tcp\"\n" +
                                  key + " = " + value + "\n"),
                     "proxies[1]." + key)
                    .empty());
        }
    }
    CHECK_FALSE(
        lost(proxy_of_frp(
                 "type = \"tcp\"\nlocalPort = 22\nremotePort = 6000\ntransport.proxyProtocolVersion = \"v3\"\n"),
             "proxies[1].transport.proxyProtocolVersion")
            .empty());
}

TEST_CASE("frp: numbers of a server", "[numbers][frp]") {
    for (const std::string value : {"\"x\"", "1e3", "-1", "65536", "1.5", "[1]"}) {
        INFO(value);
        for (const std::string key : {"bindPort", "vhostHTTPPort", "vhostHTTPSPort", "webServer.port"}) {
            const Draft draft =
                frp_test::read({"bindAddr = \"0.0.0.0\"\nauth.token = \"t\"\n" + key + " = " + value + "\n"});
            CHECK_FALSE(lost(draft, key).empty());
            CHECK(contains(frp_test::yaml(draft), "http_bind: off"));
            CHECK_FALSE(contains(frp_test::yaml(draft), "https_bind"));
        }
    }
    for (const std::string value : {"\"x\"", "1e3", "-1", "1.5", "[1]"}) {
        for (const std::string key : {"maxPortsPerClient", "vhostHTTPTimeout", "userConnTimeout"}) {
            INFO(key << " = " << value);
            CHECK_FALSE(
                lost(frp_test::read({"bindPort = 7000\nauth.token = \"t\"\n" + key + " = " + value + "\n"}), key)
                    .empty());
        }
    }
}

TEST_CASE("rathole: addresses without a valid port", "[numbers][rathole]") {
    for (const std::string port : {"ssh", "1e3", "-1", "65536", "22.0", ""}) {
        INFO(port);
        const Reading client = read_toml(
            read_rathole, {"[client]\nremote_addr = \"edge:" + port +
                           "\"\ndefault_token = \"t\"\n[client.services.a]\nlocal_addr = \"127.0.0.1:22\"\n"});
        CHECK(client.has_lost("client.remote_addr"));
        const Reading local = read_toml(read_rathole, {"[client]\nremote_addr = \"edge:2333\"\ndefault_token = "
                                                       "\"t\"\n[client.services.a]\nlocal_addr = \"127.0.0.1:" +
                                                       port + "\"\n"});
        CHECK(local.has_lost("client.services.a"));
        CHECK(local.services().empty());
        const Reading server =
            read_toml(read_rathole, {"[server]\nbind_addr = \"0.0.0.0:" + port + "\"\ndefault_token = \"t\"\n"});
        CHECK(server.has_lost("server.bind_addr"));
    }
}

TEST_CASE("ngrok: numbers and times of the agent and of tunnels", "[numbers][ngrok]") {
    for (const std::string line : {"connect_timeout: soon", "heartbeat_interval: -1s", "heartbeat_tolerance: 1e3",
                                   "inspect_db_size: 1e3", "connect_timeout: [1]"}) {
        INFO(line);
        const Reading reading = read_yaml(read_ngrok, "tunnels:\n  web: {proto: http, addr: 3000}\n" + line + "\n");
        CHECK(reading.has_lost(line.substr(0, line.find(':'))));
    }
    CHECK(read_yaml(read_ngrok, "tunnels:\n  web: {proto: http, addr: 3000}\ninspect_db_size: 5\n").asks("1048576"));
    for (const char* const address : {"127.0.0.1:x", "127.0.0.1:65536", "99999", "127.0.0.1:1e3", "127.0.0.1:-1"}) {
        INFO(address);
        const Reading reading =
            read_yaml(read_ngrok, "tunnels:\n  a: {proto: tcp, addr: \"" + std::string(address) + "\"}\n");
        CHECK(reading.has_lost("tunnels.a"));
    }
    for (const char* const line : {"proxy_proto: 3", "proxy_proto: [1]", "remote_addr: \"1.tcp.ngrok.io:x\"",
                                   "remote_addr: \"1.tcp.ngrok.io:65536\""}) {
        INFO(line);
        const Reading reading =
            read_yaml(read_ngrok, "tunnels:\n  a:\n    proto: tcp\n    addr: 22\n    " + std::string(line) + "\n");
        CHECK(reading.has_lost("tunnels.a." + std::string(line).substr(0, std::string(line).find(':'))));
    }
}

TEST_CASE("cloudflared: numbers and times", "[numbers][cloudflared]") {
    for (const std::string line :
         {"grace-period: soon", "heartbeat-interval: 1e3", "ha-connections: 0", "ha-connections: x",
          "ha-connections: 1.5", "metrics: 127.0.0.1:x", "metrics: 127.0.0.1:65536", "proxy-connect-timeout: -1"}) {
        INFO(line);
        const Reading reading = read_yaml(read_cloudflared, "tunnel: t\nurl: http://127.0.0.1:80\n" + line + "\n");
        CHECK(reading.has_lost(line.substr(0, line.find(':'))));
    }
    const Reading many = read_yaml(read_cloudflared, "tunnel: t\nurl: http://127.0.0.1:80\nha-connections: 32\n");
    CHECK(many.asks("16"));
    for (const char* const service : {"http://127.0.0.1:x", "http://127.0.0.1:65536", "ssh://127.0.0.1:x",
                                      "tcp://127.0.0.1:65536", "tcp://127.0.0.1:1e3"}) {
        INFO(service);
        const Reading reading =
            read_yaml(read_cloudflared, "ingress:\n  - {hostname: a.example.net, service: \"" + std::string(service) +
                                            "\"}\n  - service: http_status:404\n");
        CHECK_FALSE(contains(reading.client(), "local: 127.0.0.1:x"));
        CHECK((reading.has_lost("ingress[1]") || reading.has_lost("ingress[1].service")));
    }
}

TEST_CASE("command lines: numbers and times", "[numbers][command_line]") {
    struct Case {
        std::vector<std::string> words;
        std::string option;
    };
    for (const Case& each : {
             Case{{"frpc", "tcp", "-l", "22", "--remote_port", "x"}, "--remote_port"},
             Case{{"frpc", "tcp", "-l", "22", "-r", "65536"}, "-r"},
             Case{{"frpc", "tcp", "-l", "22", "-s", "edge", "--server_port", "1e3"}, "--server_port"},
             Case{{"ngrok", "tcp", "22", "--remote-addr", "1.tcp.ngrok.io:65536"}, "--remote-addr"},
             Case{{"ngrok", "tcp", "22", "--proxy-proto", "3"}, "--proxy-proto"},
             Case{{"cloudflared", "tunnel", "--url", "http://localhost:80", "--ha-connections", "x"},
                  "--ha-connections"},
             Case{{"cloudflared", "tunnel", "--url", "http://localhost:80", "--grace-period", "soon"},
                  "--grace-period"},
             Case{{"cloudflared", "tunnel", "--url", "http://localhost:80", "--proxy-connect-timeout", "soon"},
                  "--proxy-connect-timeout"},
             Case{{"cloudflared", "tunnel", "--url", "http://localhost:80", "--metrics", "x"}, "--metrics"},
             Case{{"ssh", "-o", "ServerAliveInterval=x", "-R", "6000:localhost:22", "edge"}, "-o serveraliveinterval"},
             Case{{"ssh", "-o", "ServerAliveCountMax=-1", "-R", "6000:localhost:22", "edge"}, "-o serveralivecountmax"},
             Case{{"ssh", "-o", "ConnectTimeout=1.5", "-R", "6000:localhost:22", "edge"}, "-o connecttimeout"},
         }) {
        INFO(each.option);
        CHECK_FALSE(lost(read_command_line(each.words), each.option).empty());
    }
    CHECK_THROWS_AS(read_command_line(std::vector<std::string>{"cloudflared", "tunnel", "--url", "ssh://localhost:x"}),
                    SourceError);
    CHECK_THROWS_AS(read_command_line(std::vector<std::string>{"cloudflared", "access", "tcp", "--hostname",
                                                               "a.example.net", "--url", "localhost:x"}),
                    SourceError);
}
