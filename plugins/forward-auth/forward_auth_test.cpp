// Tests the plugin `forward-auth` on a real chain, with a service of the test's own.
#include "forward-auth/forward_auth.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/service_for_tests.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace std::chrono_literals;
using ferrotunnel::plugins::ForwardAuth;
using ferrotunnel::plugins::HttpClient;
using ferrotunnel::plugins::HttpResponse;
using ferrotunnel::test::PluginRig;
using hooks::Step;

namespace {

/// Responds to each connection's first request with one text, and closes it.
class AuthService {
public:
    explicit AuthService(std::string answer)
        : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(listener_, 64) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/verify";
        thread_ = std::thread([this] { run(); });
    }
    ~AuthService() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    /// The last request that it received.
    std::string asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    std::string url;

private:
    void run() {
        while (true) {
            const int connection = ::accept(listener_, nullptr, nullptr);
            if (connection < 0) {
                return;
            }
            std::string head;
            char block[4'096];
            while (head.find("\r\n\r\n") == std::string::npos) {
                const ssize_t got = ::read(connection, block, sizeof block);
                if (got <= 0) {
                    break;
                }
                head.append(block, static_cast<std::size_t>(got));
            }
            {
                const std::lock_guard lock(mutex_);
                asked_ = head;
            }
            (void)!::send(connection, answer_.data(), answer_.size(), MSG_NOSIGNAL);
            ::close(connection);
        }
    }

    const std::string answer_;
    const int listener_;
    std::mutex mutex_;
    std::string asked_;
    std::thread thread_;
};

struct ForwardAuthFixture : PluginRig {
    explicit ForwardAuthFixture(std::string_view settings) {
        add<ForwardAuth>({"forward-auth", true, false}, settings);
    }

    void wait_for(int count) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (count > 0) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            count -= deliver();
            std::this_thread::sleep_for(1ms);
        }
    }
    /// "200 " and what the backend receives, or "403 " and the body, or "503 plugin_failed".
    std::string send_request(const std::string& fields = "") {
        begin("POST /a?b=c", "Content-Length: 3\r\n" + fields);
        REQUIRE(ask() == Step::wait);
        wait_for(1);
        const Step step = ask();
        std::string result = "200 " + (step == Step::go_on ? sent() : std::string());
        if (step == Step::answer) {
            reply = run->take_reply();
            result = std::to_string(reply.page ? http::info_of(*reply.page).status : reply.status) + " " +
                     (reply.page ? reply.code : reply.body);
        }
        end();
        return result;
    }
    hooks::Reply reply;
};

}  // namespace

TEST_CASE("forward-auth: the service is asked, and says who has come", "[forward-auth]") {
    AuthService service("HTTP/1.1 200 OK\r\nX-User: ann\r\nX-Groups: a\r\nX-Groups: b\r\nX-Other: 1\r\n\r\n");
    ForwardAuthFixture rig(
        "{url: '" + service.url +
        "', response_headers: [X-User, X-Groups, X-Role], request_headers: [Cookie, X-User], timeout: 1m}");
    CHECK(rig.send_request("Cookie: a=b\r\nX-User: root\r\nx_role: admin\r\nX-Mine: 1\r\n") ==
          "200 POST /a?b=c HTTP/1.1\r\nHost: app.test\r\nCookie: a=b\r\nX-Mine: 1\r\nX-User: ann\r\nX-Groups: a\r\n"
          "X-Groups: b\r\nContent-Length: 3\r\n\r\n");
    const std::string asked = service.asked();
    CHECK(asked.starts_with("GET /verify HTTP/1.1\r\n"));
    for (const std::string line :
         {"X-Forwarded-Method: POST", "X-Forwarded-Proto: https", "X-Forwarded-Host: app.test",
          "X-Forwarded-Uri: /a?b=c", "X-Forwarded-For: 192.0.2.7", "X-Request-Id: id-1", "Cookie: a=b"}) {
        INFO(line);
        CHECK(asked.find("\r\n" + line + "\r\n") != std::string::npos);
    }
    for (const std::string word : {"root", "X-Mine", "Content-Length", "Upgrade"}) {
        INFO(word);
        CHECK(asked.find(word) == std::string::npos);
    }
}

TEST_CASE("forward-auth: refusals pass to the visitor, failures do not", "[forward-auth]") {
    const auto send_request = [](const std::string& answer) {
        AuthService service(answer);
        ForwardAuthFixture rig("{url: '" + service.url + "', body_max: 8, timeout: 1m}");
        return std::pair(rig.send_request(), rig.reply.fields);
    };
    const auto [login, fields] = send_request(
        "HTTP/1.1 302 Found\r\nLocation: /login\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 3\r\n"
        "Connection: close\r\n\r\nabc");
    CHECK(login == "302 abc");
    CHECK(fields == std::vector<std::pair<std::string, std::string>>{
                        {"Location", "/login"}, {"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"}});
    CHECK(send_request("HTTP/1.1 403 No\r\n\r\n12345678").first == "403 12345678");
    CHECK(send_request("HTTP/1.1 403 No\r\n\r\n123456789").first == "403 ");  // too long
    CHECK(send_request("HTTP/1.1 401 No\r\nContent-Length: 8\r\n\r\n123").first == "401 ");
    CHECK(send_request("HTTP/1.1 200 OK\r\n\r\n123456789").first.starts_with("200 POST"));
    for (const std::string bad : {"HTTP/1.1 500 Oops\r\n\r\n", "HTTP/1.1 404 None\r\n\r\n", "HTTP/1.1 304 Same\r\n\r\n",
                                  "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n123", "", "\r\n\r\n", "hello\r\n\r\n",
                                  "HTTP/1.1 200 OK\r\nX-A: b\r\n", "HTTP/1.1 100 Go\r\n\r\n"}) {
        INFO(bad);
        CHECK(send_request(bad).first == "503 plugin_failed");
    }
    ForwardAuthFixture nobody("{url: 'http://127.0.0.1:1/'}");
    CHECK(nobody.send_request() == "503 plugin_failed");
}

TEST_CASE("http client: what is more than may wait is refused, and an end is the end of all",
          "[forward-auth][client]") {
    const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(silent, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(silent, 8) == 0);
    REQUIRE(::getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const auto token = std::make_shared<int>(1);
    std::atomic<int> done{0};
    {
        HttpClient client(1, 2, 600s);
        plugins::HttpRequest http_request{"http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/"};
        const auto count = [&done, token](const HttpResponse&) { ++done; };
        REQUIRE(client.ask({}, http_request, count));
        const int connection = ::accept(silent, nullptr, nullptr);  // it runs, so that two may wait
        REQUIRE(client.ask({}, http_request, count));
        REQUIRE(client.ask({}, http_request, count));
        CHECK_FALSE(client.ask({}, http_request, count));
        ::close(connection);
    }
    CHECK(done <= 3);
    CHECK(token.use_count() == 1);  // all are gone
    ::close(silent);
}

TEST_CASE("limit: questions about one token's services leave half of the queue to another's",
          "[forward-auth][limits]") {
    const test::SilentListener nobody;
    PluginRig rig;
    rig.add<ForwardAuth>({"forward-auth", true, false}, "{url: '" + nobody.url + "', connections: 1, timeout: 5m}");
    std::vector<std::unique_ptr<hooks::HttpRun>> runs;
    const auto send_request = [&](const char* token) {
        rig.info.token = token;  // of services that have one name
        rig.begin();
        REQUIRE(rig.ask() == Step::wait);
        runs.push_back(std::move(rig.run));
        return rig.deliver();
    };
    CHECK(send_request("noisy") == 0);
    const int connection = nobody.accept();  // it is running, so that 256 may wait
    for (int i = 0; i < 256; ++i) {
        CHECK(send_request("noisy") == 0);
    }
    CHECK(send_request("noisy") == 1);
    for (int i = 0; i < 128; ++i) {
        CHECK(send_request("quiet") == 1);  // one of the others is displaced
    }
    const auto is_busy = [&](hooks::HttpRun& run) {
        return run.request(rig.now) == Step::answer && run.take_reply().code == "forward_auth_busy";
    };
    CHECK(std::count_if(runs.begin(), runs.begin() + 258, [&](const auto& run) { return is_busy(*run); }) == 129);
    CHECK(std::none_of(runs.begin() + 258, runs.end(), [&](const auto& run) { return is_busy(*run); }));
    CHECK(send_request("quiet") == 1);
    CHECK(is_busy(*runs.back()));
    for (const auto& run : runs) {
        run->close({});
    }
    ::close(connection);
}

TEST_CASE("forward-auth: settings that cannot work are told with their places", "[forward-auth][check]") {
    const auto wrong = [](const std::string& settings) { return PluginRig::wrong<ForwardAuth>(settings); };
    CHECK(wrong("{}").find("url") != std::string::npos);
    CHECK(wrong("{url: nonsense}").find("url: is not a valid URL") == 0);
    CHECK(wrong("{url: 'file:///etc/passwd'}").find("url: is not an HTTP URL") == 0);
    CHECK(wrong("{url: 'http://127.0.0.1/', timeout: 6m}").find("timeout") == 0);
    for (const std::string name :
         {"Host", "Connection", "Upgrade", "X-Forwarded-For", "Forwarded", "Content-Type", "a b"}) {
        INFO(name);
        CHECK(wrong("{url: 'http://127.0.0.1/', request_headers: ['" + name + "']}")
                  .find("request_headers[0]: is not a field") == 0);
    }
    CHECK(wrong("{url: 'http://127.0.0.1/', response_headers: [X-Real-IP]}")
              .find("response_headers[0]: is not a field") == 0);
    CHECK(wrong("{url: 'http://127.0.0.1/', response_headers: [X-User], ca_file: /nowhere}").find("ca_file: cannot") ==
          0);
    CHECK(wrong("{url: 'https://auth.test:8443/verify?a=b', response_headers: [X-User]}").empty());
}
