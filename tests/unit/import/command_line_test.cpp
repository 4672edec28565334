// Command lines of other tunnels.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/import/hints.hpp"
#include "cli/import/one_line.hpp"
#include "cli/import/readers.hpp"
#include "cli/import/report.hpp"
#include "cli/import/tokens.hpp"
#include "support/temporary_folder.hpp"

namespace command_line_test {
namespace {

using ferrotunnel::cli::importing::ask_about_plugins;
using ferrotunnel::cli::importing::Draft;
using ferrotunnel::cli::importing::is_other_program;
using ferrotunnel::cli::importing::look_at_lines;
using ferrotunnel::cli::importing::Lost;
using ferrotunnel::cli::importing::Node;
using ferrotunnel::cli::importing::one_line_command;
using ferrotunnel::cli::importing::read_command_line;
using ferrotunnel::cli::importing::settle_passwords;

Draft read(const std::string& line) {
    std::istringstream text(line);
    std::vector<std::string> words;
    for (std::string word; text >> word;) {
        words.push_back(word);
    }
    return read_command_line(words);
}

/// The value at this path of the first service, or of the one with this number.
std::string service(const Draft& draft, std::string_view path, std::size_t number = 0) {
    const Node* const services = draft.client.find("services");
    if (services == nullptr || services->children().size() <= number) {
        return "no service";
    }
    const Node* const node = std::next(services->children().begin(), static_cast<long>(number))->find(path);
    return node == nullptr ? "none" : node->scalar();
}

std::string client(const Draft& draft, std::string_view path) {
    const Node* const node = draft.client.find(path);
    return node == nullptr ? "none" : node->scalar();
}

std::vector<std::string> lost(const Draft& draft) {
    std::vector<std::string> keys;
    for (const Lost& each : draft.lost) {
        CHECK_FALSE(each.why.empty());
        keys.push_back(each.key);
    }
    return keys;
}

/// Whether a line of what is to be checked has this part.
bool asks(const Draft& draft, std::string_view part) {
    return std::ranges::any_of(look_at_lines(draft),
                               [part](const std::string& line) { return line.find(part) != std::string::npos; });
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a command of ngrok becomes a service", "[import]") {
    const Draft web = read("ngrok http 3000 --url https://app.example.com --host-header rewrite --inspect=false");
    CHECK(service(web, "http") == "app.example.com");
    CHECK(service(web, "local") == "localhost:3000");
    CHECK(service(web, "host_header") == "backend");
    CHECK(client(web, "inspect") == "off");
    CHECK(lost(web).empty());
    CHECK(
        one_line_command(web) ==
        "ferrotunnel http 3000 --host app.example.com --host-header backend --server tunnel.example.com --inspect off "
        "--token-file token");

    CHECK(service(read("ngrok http"), "local") == "localhost:80");
    CHECK(service(read("ngrok 8080"), "local") == "localhost:8080");
    CHECK(service(read("./ngrok http -subdomain=x 80"), "http") == "assigned");
    CHECK(service(read("ngrok tcp 22"), "tcp") == "0");
    CHECK(service(read("ngrok tcp --remote-addr=1.tcp.ngrok.io:20301 22"), "tcp") == "20301");
    CHECK(service(read("ngrok tls --domain shop.example.com 8443"), "tls") == "shop.example.com");
    CHECK(service(read("ngrok http file:///srv/www"), "local") == "files:/srv/www");
    CHECK(service(read("ngrok http https://localhost:8443"), "backend_insecure") == "on");
    CHECK(service(read("docker run -it -e X=y ngrok/ngrok:latest http host.docker.internal:80"), "local") ==
          "host.docker.internal:80");
}

TEST_CASE("a guard without an equivalent leaves the service off", "[import]") {
    const Draft draft = read("ngrok http 3000 --oauth google --oauth-allow-domain example.com");
    CHECK(lost(draft) == Names{"--oauth", "--oauth-allow-domain"});
    CHECK(service(draft, "enabled") == "off");
    CHECK(one_line_command(draft).empty());
    CHECK(service(read("ngrok http 3000 --url https://x.internal"), "enabled") == "off");
    CHECK(service(read("ngrok tls 443"), "enabled") == "off");
    CHECK(service(read("ngrok http 3000"), "enabled") == "none");
}

TEST_CASE("a password is in a secret file, and nowhere else", "[import]") {
    const Draft draft = read("ngrok http 3000 --basic-auth ann:correct-horse --cidr-allow 192.0.2.0/24,10.0.0.0/8");
    REQUIRE(draft.secrets.size() == 2);  // the token, to be filled in, is the first
    CHECK(draft.secrets.back().name == "ann.password");
    CHECK(draft.secrets.back().content == "correct-horse");
    CHECK(draft.secrets.back().origin.text.empty());
    CHECK(lost(draft).empty());
    CHECK(one_line_command(draft) ==
          "ferrotunnel http 3000 --allow-ip 192.0.2.0/24 --allow-ip 10.0.0.0/8 --basic-auth ann --password-file "
          "ann.password --server tunnel.example.com --token-file token");
    const Draft incomplete = read("ngrok http 3000 --basic-auth ann");
    CHECK(lost(incomplete) == Names{"--basic-auth"});
    CHECK(service(incomplete, "enabled") == "off");
}

TEST_CASE("a file has the password of a visitor only if a command reads it", "[import]") {
    Draft used = read("ngrok http 3000 --basic-auth ann:correct-horse");
    settle_passwords(used);
    CHECK(used.secrets.back().is_written);
    CHECK(asks(used, "--basic-auth: only the command without a file reads ann.password"));
    Draft unused = read("ngrok http 3000 --basic-auth ann:correct-horse --basic-auth bob:battery-staple");
    settle_passwords(unused);
    CHECK(one_line_command(unused).empty());
    CHECK(unused.secrets.front().is_written);  // the token
    CHECK_FALSE(unused.secrets[1].is_written);
    CHECK_FALSE(unused.secrets[2].is_written);
    CHECK_FALSE(asks(unused, ".password"));
}

TEST_CASE("plugins that the server needs are named once", "[import]") {
    Draft draft = read("ngrok http 3000 --basic-auth ann:correct-horse --cidr-allow 192.0.2.0/24");
    ask_about_plugins(draft);
    CHECK(asks(draft, "--basic-auth: the server needs the plugin auth (`ferrotunnel plugin list` on the server"));
    CHECK(asks(draft, "--cidr-allow: the server needs the plugin ip-filter"));
    Draft plain = read("ngrok http 3000");
    ask_about_plugins(plain);
    CHECK_FALSE(asks(plain, "plugin"));
}

TEST_CASE("a command line says how to start a server, and each point has its place", "[import]") {
    for (const char* const line : {"ngrok http 3000", "bore local 80 --to h.example.com",
                                   "cloudflared tunnel --url :80", "ssh -R 2222:localhost:22 h.example.com"}) {
        const Draft draft = read(line);
        CHECK(
            asks(draft, "`ferrotunnel token > token; chmod 600 token`, then `ferrotunnel server --token-file token`"));
        for (const std::string& each : look_at_lines(draft)) {
            CHECK_FALSE(each.starts_with(':'));
        }
    }
    const ferrotunnel::test::TemporaryFolder folder;
    std::ofstream(folder / "token") << "of the server\n";
    Draft beside = read("ngrok http 3000");
    settle_tokens(beside, folder.path());
    CHECK_FALSE(asks(beside, "> token"));
    CHECK_FALSE(asks(beside, "copy the token"));
    CHECK(asks(beside, "ngrok: the file token is there already: check that it is the server's"));
    CHECK(asks(read("ngrok http 3000"), "ngrok http: the server assigns a host"));
    CHECK(is_other_program("/usr/bin/ssh"));
    CHECK_FALSE(is_other_program("frpc.toml"));
}

TEST_CASE("an option that no table has is lost, and its value is not mentioned", "[import]") {
    const Draft draft = read("ngrok http --brand-new sesame 3000");
    CHECK(lost(draft) == Names{"--brand-new"});
    CHECK(draft.lost.front().origin.text.empty());
    CHECK(service(draft, "local") == "localhost:3000");
    CHECK(lost(read("ngrok http 3000 --remote-addr 1.tcp.ngrok.io:1")) == Names{"--remote-addr"});
    CHECK(lost(read("ngrok tcp 22 --host-header rewrite")) == Names{"--host-header"});
    CHECK(lost(read("ssh -Z -R 80:localhost:80 example.com")) == Names{"-Z"});
    CHECK(lost(read("bore local 80 --to example.com --colour")) == Names{"--colour"});
}

TEST_CASE("commands of bore", "[import]") {
    const Draft draft = read("bore local 8000 -t games.example.com -p 25565 -l 192.168.1.7 --secret x");
    CHECK(service(draft, "tcp") == "25565");
    CHECK(service(draft, "local") == "192.168.1.7:8000");
    CHECK(client(draft, "server") == "games.example.com");
    CHECK(client(draft, "token") == "file:token");
    CHECK(client(read("bore local 8000 --to bore.pub"), "server") == "tunnel.example.com");
    const Draft server = read("bore server --min-port 2000 --max-port 3000 --bind-tunnels 192.0.2.1");
    CHECK(server.server.find("allow_ports")->children().front().scalar() == "2000-3000");
    CHECK(server.server.find("tcp_bind")->scalar() == "192.0.2.1");
    CHECK(server.server.find("http_bind")->scalar() == "off");
    CHECK_THROWS(read("bore local"));
}

TEST_CASE("commands of cloudflared", "[import]") {
    const Draft quick = read("cloudflared tunnel --url http://localhost:3000 --no-autoupdate");
    CHECK(service(quick, "http") == "assigned");
    CHECK(service(quick, "local") == "http://localhost:3000");
    CHECK(lost(quick).empty());
    const Draft host = read(
        "cloudflared tunnel --hostname a.example.com --url https://10.0.0.1 --no-tls-verify "
        "--http-host-header b.lan --proxy-connect-timeout 30s");
    CHECK(service(host, "http") == "a.example.com");
    CHECK(service(host, "backend_insecure") == "on");
    CHECK(service(host, "host_header") == "b.lan");
    CHECK(service(host, "limits.backend_connect_timeout") == "10s");
    const Draft ssh = read("cloudflared tunnel --hostname ssh.example.com --url ssh://localhost");
    CHECK(service(ssh, "tcp") == "private");
    CHECK(service(ssh, "local") == "localhost:22");
    CHECK(service(ssh, "key") == "file:ssh.example.com.key");
    const Draft tagged =
        read("cloudflared tunnel --url http://localhost:3000 --tag rack=3 --tag apikey=swordfish --tag x");
    REQUIRE(tagged.client.find("metadata.rack") != nullptr);
    CHECK(tagged.client.find("metadata.rack")->scalar() == "3");
    REQUIRE(tagged.lost.size() == 2);
    CHECK(tagged.lost[0].origin.text.find("swordfish") == std::string::npos);
    CHECK_THROWS(read("cloudflared tunnel run --token abc"));
    CHECK_THROWS(read("cloudflared tunnel login"));
}

TEST_CASE("forwardings of ssh stay on the server itself", "[import]") {
    const Draft draft = read(
        "ssh -fNR 2222:localhost:22 -R *:8443:192.168.8.1:443 -R [2001:db8::7]:81:[::1]:80 "
        "-R 127.0.0.1:0:/run/app.sock -p 2022 -o ServerAliveInterval=30 truck@home.example.com");
    CHECK(service(draft, "tcp", 0) == "2222");
    CHECK(service(draft, "bind", 0) == "127.0.0.1");
    CHECK(service(draft, "local", 0) == "localhost:22");
    CHECK(service(draft, "bind", 1) == "127.0.0.1");
    CHECK(service(draft, "local", 1) == "192.168.8.1:443");
    CHECK(service(draft, "bind", 2) == "127.0.0.1");
    CHECK(service(draft, "local", 2) == "[::1]:80");
    CHECK(service(draft, "tcp", 3) == "0");
    CHECK(service(draft, "local", 3) == "unix:/run/app.sock");
    CHECK(client(draft, "server") == "home.example.com");
    CHECK(client(draft, "timing.ping_interval") == "30s");
    CHECK(client(draft, "timing.dead_interval") == "90s");
    CHECK(lost(draft).empty());
    CHECK(one_line_command(read("ssh -N -R 2222:localhost:22 me@home.example.com")) ==
          "ferrotunnel tcp 22 --remote-port 2222 --remote-bind 127.0.0.1 --server home.example.com --token-file token");
}

TEST_CASE("what ssh has and this program does not is lost", "[import]") {
    CHECK(lost(read("ssh -C -J jump -R 80:localhost:80 h.example.com")) == Names{"-C", "-J"});
    CHECK(lost(read("ssh -R 80:localhost:80 -L 5432:db:5432 h.example.com")) == Names{"5432:db:5432"});
    CHECK(lost(read("ssh -R 80:localhost:80 -R /run/x.sock:localhost:81 h.example.com")) == Names{"/run/x.sock"});
    const Draft socks = read("ssh -R 1080 h.example.com");
    CHECK(lost(socks) == Names{"destinations"});
    CHECK(service(socks, "local") == "exit");
    CHECK_THROWS(read("ssh -L 5432:db:5432 h.example.com"));
    CHECK_THROWS(read("ssh h.example.com"));
    CHECK_THROWS(read("ssh -R nonsense h.example.com"));
}

TEST_CASE("servers that take ssh for HTTP", "[import]") {
    CHECK(service(read("ssh -R 80:localhost:3000 nokey@localhost.run"), "http") == "assigned");
    CHECK(client(read("ssh -R 80:localhost:3000 serveo.net"), "server") == "tunnel.example.com");
    CHECK(service(read("ssh -p 2222 -R app:80:localhost:3000 tuns.example.com"), "http") == "app.tuns.example.com");
    CHECK(service(read("ssh -R app.example.com:80:localhost:3000 tuns.example.com"), "http") == "app.example.com");
}

TEST_CASE("commands of frpc, and others", "[import]") {
    const Draft tcp = read("frpc tcp -n ssh -l 22 -r 6000 -s frp.example.com:7000 -t abc");
    CHECK(service(tcp, "tcp") == "6000");
    CHECK(service(tcp, "name") == "ssh");
    CHECK(client(tcp, "server") == "frp.example.com:7000");
    CHECK(lost(read("frpc http -l 80 -d a.example.com --sd web -s h.example.com")) == Names{"--sd"});
    CHECK_THROWS(read("frpc -c frpc.toml"));
    CHECK_THROWS(read("nginx -g x"));
    CHECK_THROWS(read_command_line({}));
    const std::vector<std::string> one_word{"sudo env A=b '/usr/bin/ssh' -R \"80:localhost:80\" h.example.com"};
    CHECK(service(read_command_line(one_word), "tcp") == "80");
}

}  // namespace command_line_test
