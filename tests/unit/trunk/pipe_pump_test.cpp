#include "trunk/pipe_pump.hpp"

#include <sys/socket.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unit/trunk/pumped_visitor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::trunk;
using namespace ferrotunnel::trunk::test;
using namespace std::chrono_literals;

namespace {

/// What a test and its pipe know of each other.
struct Script {
    std::atomic<bool> fails{false};
    std::atomic<std::size_t> taken{0};
};

/// A pipe that takes everything and gets rid of nothing, and fails when the script says so.
class StuckPipe final : public transport::Pipe {
public:
    StuckPipe(runtime::Fd socket, std::shared_ptr<Script> script)
        : socket_(std::move(socket)), script_(std::move(script)) {}

    transport::IoStatus handshake(std::string&) override { return transport::IoStatus::ok; }
    transport::IoResult read(MutableBytes) noexcept override { return {0, status(), {}}; }
    transport::IoResult write(std::span<const Bytes> pieces) noexcept override {
        std::size_t bytes = 0;
        for (const Bytes& piece : pieces) {
            bytes += piece.size();
        }
        script_->taken += bytes;
        return {bytes, status(), {}};
    }
    bool has_pending() const noexcept override { return script_->taken != 0; }
    transport::IoStatus flush() noexcept override { return status(); }
    bool may_read_more() const noexcept override { return false; }
    void shutdown() noexcept override {}
    bool exporter(MutableBytes) noexcept override { return false; }
    std::string description() const override { return "stuck"; }
    std::string error_text() const override { return "it has failed"; }
    int fd() const noexcept override { return socket_.get(); }
    runtime::Fd release_fd() noexcept override { return std::move(socket_); }

private:
    transport::IoStatus status() const noexcept {
        return script_->fails ? transport::IoStatus::error : transport::IoStatus::would_block;
    }

    runtime::Fd socket_;
    std::shared_ptr<Script> script_;
};

}  // namespace

TEST_CASE("a TLS backend that fails with bytes under way is let go at once, also when its visitor has been reset") {
    mux::Settings patient = settings_of(mux::Role::client);
    patient.orphan_timeout = 24h;
    TrunkPair pair(settings_of(mux::Role::server), patient);
    const auto script = std::make_shared<Script>();
    const auto traffic = make_intrusive<Traffic>();
    auto [near, far] = tcp_pair();
    IntrusivePtr<mux::Stream> backend;
    on(pair.worker, [&, fd = std::make_shared<runtime::Fd>(std::move(near))] {
        pair.client.on_stream = [&, fd](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
            backend = stream;
            auto pump = make_intrusive<PipePump>(pair.worker, traffic);
            stream->attach(pump, false);
            pump->set_stream(std::move(stream));
            pump->set_pipe(std::make_unique<StuckPipe>(std::move(*fd), script), Clock::now() + 1h,
                           [](const std::string&) {});
        };
    });
    PumpedVisitor visitor(pair);
    visitor.send(5'000);
    REQUIRE(eventually([&] { return script->taken == 5'000; }));
    runtime::reset_close(std::move(visitor.socket));
    REQUIRE(eventually([&] { return on(pair.worker, [&] { return backend->send_is_dead(); }); }));
    CHECK(traffic->visitors_now == 1);

    script->fails = true;
    REQUIRE(runtime::write_some(far.get(), as_bytes(std::string_view("x"))).bytes == 1);
    CHECK(eventually([&] { return traffic->visitors_now == 0; }));
    on(pair.worker, [&] { backend = nullptr; });
}
