#include "instructions/edge_scenarios.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "base/check.hpp"
#include "ingress/http_connection.hpp"
#include "instructions/http_messages.hpp"
#include "instructions/measurement.hpp"
#include "instructions/session_pair.hpp"
#include "transport/tcp_pipe.hpp"

namespace ferrotunnel::instructions {
namespace {

using namespace std::chrono_literals;

/// The server's session of the pair as the edge sees it.
class PairCarrier final : public directory::HttpCarrier {
public:
    PairCarrier(SessionPair& pair, runtime::Worker& worker) : pair_(pair), worker_(worker) {}

    std::uint64_t load() const noexcept override { return 0; }
    runtime::Worker& worker() noexcept override { return worker_; }
    void open(std::uint32_t service, const directory::HttpVisitor& visitor, IntrusivePtr<buffer::Waker> waker,
              bool foreign, Opened opened) override {
        mux::Session::OpenRequest request;
        request.service = service;
        request.visitor = visitor.address;
        auto stream = pair_.server.session.open(request, std::move(waker), foreign, pair_.now());
        check(static_cast<bool>(stream), "the session opens a stream");
        opened(directory::HttpStream{std::move(*stream), nullptr});
    }
    void dropped(const std::shared_ptr<directory::HttpService>&) noexcept override {}

private:
    SessionPair& pair_;
    runtime::Worker& worker_;
};

/// A visitor's connection on a worker that this thread drives, with a pair of sessions and a backend behind it.
class Edge {
public:
    Edge() {
        std::array<int, 2> ends{};
        check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "there is a pair of sockets");
        visitor_.reset(ends[0]);

        directory::HttpDescription description;
        description.name = "app";
        description.hosts = {"app.example.com"};
        directory::Refusal why;
        check(directory_->join({}, 1, description, std::make_shared<PairCarrier>(pair_, worker_), Clock::now(), why)
                      .service != nullptr,
              "the service is registered");
        auto shared = std::make_shared<ingress::EdgeShared>();
        shared->directory = directory_;
        shared->settings.requests_per_connection = 1'000'000'000;
        shared->settings.pool_idle_timeout = 1h;
        worker_.as_round([&] {
            edge_ = std::make_unique<ingress::EdgeWorker>(worker_, shared);
            exchange::VisitorFacts visitor;
            visitor.address = "203.0.113.195";
            auto pipe = transport::make_tcp_pipe(runtime::Fd(ends[1]), transport::TcpPipeSide::client);
            check(
                make_intrusive<ingress::HttpConnection>(*edge_, std::move(pipe), std::move(visitor), nullptr)->start(),
                "the connection begins");
        });
        pair_.client.idle_ends.push_back(make_intrusive<End>());
        pair_.client.idle_ends.back()->answer = response_;
    }
    ~Edge() {
        worker_.as_round([this] { edge_.reset(); });
        pair_.exchange();
    }
    Edge(const Edge&) = delete;
    Edge& operator=(const Edge&) = delete;

    /// What the worker does between the arrival of the request and that of its answer. The pair's part in it is what
    /// `requests_one` counts.
    void answer() {
        {
            const measurement::Uncounted uncounted;
            check(::write(visitor_.get(), browser_request.data(), browser_request.size()) > 0, "a request is sent");
        }
        worker_.as_round([] {});
        worker_.as_round([this] { pair_.exchange(); });
        const measurement::Uncounted uncounted;
        std::array<char, 16 * 1024> into;
        check(::read(visitor_.get(), into.data(), into.size()) > static_cast<ssize_t>(body_bytes), "it is answered");
    }
    std::uint64_t reused() const { return edge_->counters.backend_reused.load(); }

private:
    static constexpr std::size_t body_bytes = 1'024;

    const std::string response_ =
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Fri, 20 Nov 2026 12:00:00 GMT\r\n"
        "Content-Type: text/html\r\nContent-Length: 1024\r\nConnection: keep-alive\r\n"
        "ETag: \"6740a1b2-400\"\r\nAccept-Ranges: bytes\r\n\r\n" +
        std::string(body_bytes, 'x');
    runtime::Worker worker_;
    SessionPair pair_;
    const std::shared_ptr<directory::HttpDirectory> directory_ = std::make_shared<directory::HttpDirectory>();
    std::unique_ptr<ingress::EdgeWorker> edge_;
    runtime::Fd visitor_;
};

}  // namespace

void edge_request(std::uint64_t requests) {
    Edge edge;
    for (int i = 0; i < 100; ++i) {
        edge.answer();
    }
    measurement::begin();
    for (std::uint64_t i = 0; i < requests; ++i) {
        edge.answer();
    }
    measurement::end();
    check(edge.reused() == requests + 99, "one stream carries all of them");
}

}  // namespace ferrotunnel::instructions
