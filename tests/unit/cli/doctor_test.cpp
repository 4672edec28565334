#include <catch2/catch.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "doctor/client_plugins.hpp"
#include "doctor/http_head.hpp"
#include "doctor/limits.hpp"
#include "doctor/place_text.hpp"
#include "doctor/report.hpp"
#include "doctor/run_checks.hpp"
#include "doctor/running_client.hpp"
#include "shell_word.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

using namespace std::chrono_literals;

constexpr auto long_time = 60s;

Check check_that_finds(std::string name, Finding finding, std::vector<std::string> needs = {}) {
    return {"client", std::move(name), std::move(needs), {}, [finding](Deadline) { return Findings{finding}; }};
}

std::vector<Result> one_of_each() {
    return {{"server", "state", {good("The folder is writable.")}},
            {"client", "name", {note("It has two."), skipped("Not tried because of `port`.")}},
            {"client", "clock", {warning("It is late.", "Set it."), fault("It is wrong.", "Correct it.")}}};
}

}  // namespace

TEST_CASE("a finding is one line with its remedy, below the title of its side", "[doctor]") {
    CHECK(text_of(one_of_each(), {"server (edge.yml)", "client of h:1"}) ==
          "server (edge.yml)\n"
          "  ok       state         The folder is writable.\n"
          "client of h:1\n"
          "  note     name          It has two.\n"
          "  -        name          Not tried because of `port`.\n"
          "  WARNING  clock         It is late. Set it.\n"
          "  ERROR    clock         It is wrong. Correct it.\n"
          "1 error, 1 warning.\n");
    CHECK(text_of({{"client", "name", {good("It resolves.")}}}, {}) ==
          "  ok       name          It resolves.\nNothing stands in the way of the tunnel.\n");
    CHECK(counted(1, "public service") == "1 public service");
    CHECK(counted(0, "public service") == "0 public services");
    // What a peer wrote cannot draw on the terminal.
    CHECK(text_of({{"client", "login", {fault("a\x1b[2J\nb", "c")}}}, {}).find('\x1b') == std::string::npos);
}

TEST_CASE("the report in JSON has the findings and the worst severity", "[doctor]") {
    const auto report = nlohmann::json::parse(json_of(one_of_each()));
    CHECK(report.at("severity") == "error");
    REQUIRE(report.at("checks").size() == 5);
    CHECK(report.at("checks")[3] == nlohmann::json{{"side", "client"},
                                                   {"check", "clock"},
                                                   {"severity", "warning"},
                                                   {"what", "It is late."},
                                                   {"remedy", "Set it."}});
    CHECK(nlohmann::json::parse(json_of({})).at("severity") == "good");
    CHECK_NOTHROW(nlohmann::json::parse(json_of({{"client", "login", {good("\xff")}}})));
}

TEST_CASE("the exit code is that of the worst finding", "[doctor]") {
    const auto code_for = [](Finding finding) {
        return exit_code_of(worst_of({{"client", "a", {good("fine")}}, {"client", "b", {std::move(finding)}}}));
    };
    CHECK(code_for(good("x")) == ExitCode::ok);
    CHECK(code_for(skipped("x")) == ExitCode::ok);
    CHECK(code_for(note("x")) == ExitCode::ok);
    CHECK(code_for(warning("x", "y")) == ExitCode::warned);
    CHECK(code_for(fault("x", "y")) == ExitCode::faulty);
}

TEST_CASE("a check is skipped if one that it needs has failed", "[doctor]") {
    std::vector<Check> checks{check_that_finds("name", fault("no", "yes")),
                              check_that_finds("port", good("x"), {"name"}),
                              check_that_finds("tls", good("x"), {"port"}), check_that_finds("state", good("x"))};
    checks.push_back({"client", "clock", {}, {"tls"}, [](Deadline) { return Findings{good("x")}; }});
    checks.push_back({"server", "port", {"name"}, {}, [](Deadline) { return Findings{good("x")}; }});
    const Examination examination = run_checks(std::move(checks), long_time);
    CHECK(examination.all_ended());
    std::string severities;
    for (const Result& result : examination.results) {
        severities += std::string(name_of(result.findings.front().severity)) + ' ';
    }
    CHECK(severities == "error skipped skipped good good good ");
    CHECK(examination.results[1].findings.front().what == "Not tried because of `name`.");
}

TEST_CASE("a check that skips a part does not stop others", "[doctor]") {
    std::vector<Check> checks{{"client",
                               "a",
                               {},
                               {},
                               [](Deadline) {
                                   return Findings{good("x"), skipped("y")};
                               }},
                              check_that_finds("b", good("x"), {"a"})};
    const Examination examination = run_checks(std::move(checks), long_time);
    CHECK(examination.results[1].findings.front().severity == Severity::good);
}

TEST_CASE("independent checks run at the same time, and see what the ones before them did", "[doctor]") {
    struct Meeting {
        std::mutex mutex;
        std::condition_variable change;
        int present = 0;
        int told = 0;
    };
    const auto meeting = std::make_shared<Meeting>();
    const auto meet = [meeting](Deadline deadline) {
        std::unique_lock lock(meeting->mutex);
        ++meeting->present;
        meeting->change.notify_all();
        const bool met = meeting->change.wait_until(lock, deadline, [&] { return meeting->present == 2; });
        meeting->told += met ? 1 : 0;
        return Findings{met ? good("met") : fault("alone", "")};
    };
    std::vector<Check> checks{{"client", "a", {}, {}, meet}, {"client", "b", {}, {}, meet}};
    checks.push_back(
        {"client", "c", {"a", "b"}, {}, [meeting](Deadline) { return Findings{good(std::to_string(meeting->told))}; }});
    const Examination examination = run_checks(std::move(checks), long_time);
    CHECK(worst_of(examination.results) == Severity::good);
    CHECK(examination.results[2].findings.front().what == "2");
}

TEST_CASE("a check that does not return is an error at the deadline, and those behind it are skipped", "[doctor]") {
    const auto blocked = std::make_shared<std::mutex>();
    std::unique_lock hold(*blocked);
    std::vector<Check> checks{{"client",
                               "stuck",
                               {},
                               {},
                               [blocked](Deadline) {
                                   const std::lock_guard wait(*blocked);
                                   return Findings{good("late")};
                               }},
                              check_that_finds("behind", good("x"), {"stuck"}),
                              check_that_finds("other", good("x"))};
    const Examination examination = run_checks(std::move(checks), 300ms);
    hold.unlock();
    CHECK_FALSE(examination.all_ended());
    CHECK(examination.results[0].findings.front().what == "No result within 0.3 s.");
    CHECK(examination.results[0].findings.front().severity == Severity::error);
    CHECK(examination.results[1].findings.front().severity == Severity::skipped);
}

TEST_CASE("a check gets a deadline before the end, and an exception is its finding", "[doctor]") {
    const Deadline end = std::chrono::steady_clock::now() + long_time;
    std::vector<Check> checks{
        {"client", "a", {}, {}, [end](Deadline deadline) { return Findings{deadline < end ? good("x") : note("x")}; }},
        {"client", "b", {}, {}, [](Deadline) -> Findings { throw std::runtime_error("no memory"); }}};
    const Examination examination = run_checks(std::move(checks), long_time);
    CHECK(examination.results[0].findings.front().severity == Severity::good);
    CHECK(examination.results[1].findings.front().what == "The check itself failed: no memory.");
}

TEST_CASE("endpoints, patterns and backends are taken apart", "[doctor]") {
    const auto parts = [](const std::string& endpoint) {
        const EndpointParts found = parts_of(endpoint);
        return found.scheme + '|' + found.host + '|' + std::to_string(found.port);
    };
    CHECK(parts("https://app.example.com:8443") == "https|app.example.com|8443");
    CHECK(parts("https://app.example.com/api") == "https|app.example.com|443");
    CHECK(parts("http://app.example.com") == "http|app.example.com|80");
    CHECK(parts("[2001:db8::1]:22") == "|2001:db8::1|22");
    CHECK(parts("[2001:db8::1]") == "|2001:db8::1|0");
    CHECK(parts("private") == "|private|0");
    CHECK(example_of("app.example.com", "r") == "app.example.com");
    CHECK(example_of("*.example.com", "r") == "r.example.com");
    CHECK(example_of("**.example.com", "r") == "r.example.com");
    CHECK(example_of("*", "r").empty());
    CHECK(is_local_name("localhost"));
    CHECK(is_local_name("a.b.LocalHost."));
    CHECK_FALSE(is_local_name("notlocalhost"));
    CHECK_FALSE(is_local_name("localhost.example.com"));
    const auto backend = [](const std::string& local) {
        const BackendPlace found = backend_place(local);
        return found.host + '|' + std::to_string(found.port);
    };
    CHECK(backend("3000") == "localhost|3000");
    CHECK(backend(":8443") == "localhost|8443");
    CHECK(backend("127.0.0.1:22") == "127.0.0.1|22");
    CHECK(backend("[::1]:22") == "[::1]|22");
    CHECK(backend("https://app.internal") == "app.internal|443");
    CHECK(backend("h2c://127.0.0.1:50051") == "127.0.0.1|50051");
}

TEST_CASE("plugins that clients may request and that are not installed are named", "[doctor]") {
    const std::vector<std::string> usual{"auth", "ip-filter"};
    CHECK(judge_client_plugins(usual, {"auth", "ip-filter", "other"}, "/p").empty());
    CHECK(judge_client_plugins({}, {}, "/p").empty());
    const Findings none = judge_client_plugins(usual, {}, "/usr/local/lib/ferrotunnel/plugins");
    REQUIRE(none.size() == 1);
    CHECK(none.front().severity == Severity::warning);
    CHECK(none.front().what == "No plugins are installed: services that request one (auth, ip-filter) are refused.");
    CHECK(none.front().remedy.find("plugins/modules/*.so of the build folder to /usr/local/lib/ferrotunnel/plugins") !=
          std::string::npos);
    const Findings some = judge_client_plugins(usual, {"auth"}, "/p");
    REQUIRE(some.size() == 1);
    CHECK(some.front().severity == Severity::note);
    CHECK(some.front().what == "Not in /p: ip-filter. Services that request them are refused.");
    CHECK(is_about_plugin("The plugin auth is not installed on the server."));
    CHECK(is_about_plugin("The server does not allow clients to request the plugin x: it allows auth."));
    CHECK_FALSE(is_about_plugin("The host plugin.example.com belongs to another client."));
}

TEST_CASE("a running client is known by its services, which have the backends", "[doctor]") {
    const std::vector<RunningService> services = read_running_services(
        R"({"services": [{"name": "web", "kind": "http", "local": "127.0.0.1:3009", "state": "registered"},
                         {"name": "dns", "kind": "udp", "local": "127.0.0.1:53", "state": "registered"},
                         {"name": "old", "kind": "tcp", "local": "127.0.0.1:22", "state": "disabled"},
                         {"name": "site", "kind": "http", "local": "files:public", "state": "registered"},
                         {"name": "page", "kind": "http", "local": "files:/srv/page", "state": "refused"}]})");
    std::string text;
    for (const RunningService& one : services) {
        text += one.name + '=' + one.local + ' ';
    }
    CHECK(text == "web=127.0.0.1:3009 dns= old= site= page=files:/srv/page ");
    CHECK(is_client_of(services, {"other", "old"}));
    CHECK_FALSE(is_client_of(services, {"other"}));
    CHECK(is_client_of(services, {}));
    CHECK_THROWS(read_running_services("{}"));
}

TEST_CASE("the command that examines a client has its file and its options", "[doctor]") {
    CHECK(doctor_command("", {}) == "ferrotunnel doctor");
    CHECK(doctor_command("my home.yml", {}) == "ferrotunnel doctor 'my home.yml'");
    CHECK(doctor_command("", {{"server", "h.test:7836"}, {"token-file", "/t"}, {"allow-weak-token", ""}}) ==
          "ferrotunnel doctor --server h.test:7836 --token-file /t --allow-weak-token");
    CHECK(doctor_command("", {{"proxy", "http://u:secret@p:1"}}) == "ferrotunnel doctor --proxy PROXY");
}

TEST_CASE("the date of an HTTP answer shows a wrong clock", "[doctor]") {
    constexpr std::time_t noon = 1'795'953'600;  // 2026-11-29 12:00:00 UTC
    const HttpAnswer answer = parse_answer(
        "HTTP/1.1 407 Proxy Authentication Required\r\nDATE: Sun, 29 Nov 2026 11:00:00 GMT\r\n\r\nbody", noon);
    CHECK(answer.status == 407);
    CHECK(answer.clock_ahead == 3600);
    CHECK(answer.body == "body");
    CHECK(answer.status_line() == "HTTP/1.1 407 Proxy Authentication Required");
    CHECK_FALSE(parse_answer("HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n", noon).clock_ahead);
    CHECK(parse_answer("SSH-2.0-OpenSSH\r\n\r\n", noon).status == 0);
    CHECK(parse_answer("HTTP/1.1 200 OK\r\n", noon).status == 0);
}

TEST_CASE("an endless HTTP answer is read up to its limit", "[doctor][limits]") {
    constexpr std::size_t piece = 1024;
    std::size_t pieces = 0;
    const HttpWay endless{[](std::string_view) { return true; },
                          [&pieces](std::string& text) {
                              text += pieces++ == 0 ? "HTTP/1.1 200 OK\r\n\r\n" : std::string(piece, 'x');
                              return true;
                          }};
    const HttpAnswer answer = get(endless, "h.test", "/");
    CHECK(answer.status == 200);
    CHECK(pieces <= message_bytes_max / piece + 1);
    CHECK(answer.body.size() >= message_bytes_max - piece);
}

}  // namespace ferrotunnel::cli::doctor
