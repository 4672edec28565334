// Which visitors of an https listener are handed over untouched. For those whose TLS ends at the edge, the test makes
// no pipe.
#include "ingress/tls_passthrough.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <vector>

#include "directory/tls_visitor.hpp"
#include "unit/ingress/edge_rig.hpp"
#include "unit/net/hello_builder.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using ferrotunnel::test::hello_message;
using ferrotunnel::test::in_records;
using ferrotunnel::test::padding;
using ferrotunnel::test::server_name;
using runtime::test::Signal;

namespace {

/// Keeps the visitors that it is given.
class Keeper final : public directory::HttpCarrier {
public:
    explicit Keeper(runtime::Worker& worker) : worker_(worker) {}

    std::uint64_t load() const noexcept override { return 0; }
    runtime::Worker& worker() noexcept override { return worker_; }
    void open(std::uint32_t, const directory::HttpVisitor&, IntrusivePtr<buffer::Waker>, bool, Opened) override {}
    void take(directory::TlsVisitor visitor, std::uint32_t service) override {
        CHECK(service == 1);
        std::lock_guard lock(mutex_);
        visitors_.push_back(std::move(visitor));
        came.tell();
    }
    void dropped(const std::shared_ptr<directory::HttpService>&) noexcept override {}
    /// The next visitor, as the trunk gets it.
    directory::TlsVisitor next_visitor() {
        REQUIRE(came.wait(++taken_));
        std::lock_guard lock(mutex_);
        directory::TlsVisitor visitor = std::move(visitors_.back());
        visitors_.pop_back();
        return visitor;
    }
    /// Its socket.
    Peer next() { return Peer(std::move(next_visitor().socket)); }

    Signal came;

private:
    runtime::Worker& worker_;
    std::mutex mutex_;
    std::vector<directory::TlsVisitor> visitors_;
    int taken_ = 0;
};

class PassthroughRig {
public:
    explicit PassthroughRig(std::chrono::milliseconds head = 30s,
                            std::chrono::milliseconds hold = HttpServerSettings().hold) {
        EdgeShared shared;
        shared.settings.head_timeout = head;
        shared.settings.hold = hold;
        shared.directory = directory;
        shared.passthrough = passthrough_by(directory);
        shared.log = &log;
        shared.random = &runtime::system_random();
        edge = std::make_unique<HttpEdge>(std::vector<runtime::Worker*>{&running.worker}, std::move(shared));
        HttpListenerSettings settings;
        settings.https = true;
        settings.make_pipe = [this](runtime::Fd) {
            ended_here.tell();
            return nullptr;
        };
        settings.finds_certificates = [this] { return finds_certificates.load(); };
        settings.needs_certificate = [this](const std::string&) {
            asked_for_certificate.tell();
            return false;
        };
        address = add_listener(*edge, std::move(settings));
    }
    ~PassthroughRig() {
        on(running.worker, [this] { edge.reset(); });
    }

    std::shared_ptr<directory::HttpService> add(std::vector<std::string> hosts) {
        directory::HttpDescription description;
        REQUIRE_FALSE(directory::read_tls_part({std::move(hosts)}, description));
        return must_join(*directory, {}, 1, description, keeper);
    }
    Peer visit(std::string_view text = {}) { return visit_at(address, text); }

    RecordingLogger log;
    RunningWorker running;
    std::shared_ptr<directory::HttpDirectory> directory = std::make_shared<directory::HttpDirectory>();
    std::shared_ptr<Keeper> keeper = std::make_shared<Keeper>(running.worker);
    Signal ended_here;
    std::atomic<bool> finds_certificates{false};
    Signal asked_for_certificate;
    runtime::SocketAddress address;
    std::unique_ptr<HttpEdge> edge;
};

const std::string internal_error("\x15\x03\x03\x00\x02\x02\x50", 7);

std::string hello_for(std::string_view name, std::size_t record_bytes = 16'384, std::size_t more = 0) {
    const auto message =
        more == 0 ? hello_message({server_name(name)}) : hello_message({server_name(name), padding(more)});
    return std::string(as_text(in_records(message, record_bytes)));
}

struct CountForTest : directory::QuotaCount {};

}  // namespace

TEST_CASE("who asks for a host that passes untouched is handed over with every byte") {
    PassthroughRig rig;
    rig.add({"app.example.com", "*.wild.example.com"});
    std::string hello = hello_for("App.Example.com.");
    SECTION("in one piece") {
        Peer visitor = rig.visit(hello);
        CHECK(rig.keeper->next().read_exactly(hello.size()) == hello);
    }
    SECTION("a byte at a time") {
        hello = hello_for("a.wild.example.com");
        Peer visitor = rig.visit();
        for (char byte : hello) {
            visitor.send(std::string(1, byte));
        }
        CHECK(rig.keeper->next().read_exactly(hello.size()) == hello);
    }
    SECTION("over many records") {
        hello = hello_for("app.example.com", 7);
        Peer visitor = rig.visit(hello);
        CHECK(rig.keeper->next().read_exactly(hello.size()) == hello);
    }
    SECTION("larger than one record, with more behind it") {
        hello = hello_for("app.example.com", 16'384, 40'000) + "more";
        Peer visitor = rig.visit(hello);
        CHECK(rig.keeper->next().read_exactly(hello.size()) == hello);
    }
    CHECK(rig.edge->connections() == 0);  // none of these connections is the edge's any more
}

TEST_CASE("limit: a ClientHello as large as may be passes, one that is larger is for TLS to refuse") {
    PassthroughRig rig;
    rig.add({"app.example.com"});
    const std::size_t around = hello_for("app.example.com", 16'384, 1).size() - 1 + 3 * 5;  // four records
    const std::string largest = hello_for("app.example.com", 16'384, limits::client_hello_bytes_max - around);
    REQUIRE(largest.size() == limits::client_hello_bytes_max);
    Peer visitor = rig.visit(largest);
    CHECK(rig.keeper->next().read_exactly(largest.size()) == largest);
    Peer larger = rig.visit();
    larger.send(hello_for("app.example.com", 16'384, limits::client_hello_bytes_max - around + 1));
    CHECK(rig.ended_here.wait());
}

TEST_CASE("all others have their TLS end here") {
    PassthroughRig rig;
    Peer nobody_wants_it = rig.visit();  // without a service the ClientHello is not waited for
    CHECK(rig.ended_here.wait());
    rig.add({"app.example.com"});
    std::string first;
    SECTION("another name") {
        first = hello_for("other.example.com");
    }
    SECTION("no name") {
        first = std::string(as_text(in_records(hello_message({padding(3)}), 16'384)));
    }
    SECTION("no TLS") {
        first = "GET / HTTP/1.1\r\n\r\n";
    }
    SECTION("a broken ClientHello") {
        first = hello_for("app.example.com");
        first[9] = '\x7f';
    }
    Peer visitor = rig.visit(first);
    CHECK(rig.ended_here.wait(2));
}

TEST_CASE("a ClientHello is awaited for certificates by host only while they have a source") {
    PassthroughRig rig;
    Peer silent = rig.visit();
    CHECK(rig.ended_here.wait());
    CHECK(rig.asked_for_certificate.count() == 0);
    rig.finds_certificates = true;
    Peer visitor = rig.visit(hello_for("app.example.com"));
    CHECK(rig.asked_for_certificate.wait());
    CHECK(rig.ended_here.wait(2));
}

TEST_CASE("who asks for nothing reaches the default service, if that is there") {
    PassthroughRig rig;
    rig.add({"*"});
    const std::string hello(as_text(in_records(hello_message({padding(3)}), 16'384)));
    Peer visitor = rig.visit(hello);
    CHECK(rig.keeper->next().read_exactly(hello.size()) == hello);
}

TEST_CASE("a host whose client is away: an alert, and a line in the log") {
    PassthroughRig rig;
    auto service = rig.add({"app.example.com"});
    rig.directory->leave(*service, *rig.keeper, Clock::now());
    Peer visitor = rig.visit(hello_for("app.example.com"));
    CHECK(visitor.read_to_end() == internal_error);
    CHECK_FALSE(visitor.was_reset());
    CHECK(rig.log.count("a visitor was rejected visitor=127.0.0.1 host=app.example.com") == 1);
}

TEST_CASE("who has no stream yet when the last trunk leaves waits for the client to come back") {
    PassthroughRig rig(30s, 60s);
    const std::string hello = hello_for("app.example.com");
    auto service = rig.add({"app.example.com"});
    Peer visitor = rig.visit(hello);
    std::weak_ptr<void> ticket;
    std::weak_ptr<void> of_token;
    {
        directory::TlsVisitor passed = rig.keeper->next_visitor();
        ticket = passed.ticket;
        of_token = passed.of_token = std::make_shared<CountForTest>();
        rig.directory->leave(*service, *rig.keeper, Clock::now());
        SECTION("on its way to the trunk") {
            REQUIRE(directory::pass_on(passed, *rig.keeper));
        }
        SECTION("in the trunk's line") {
            directory::dispatch(std::move(passed));
        }
    }
    REQUIRE(eventually([&] { return rig.edge->counters().held.load() == 1; }));
    CHECK_FALSE(ticket.expired());  // it counts for the caps all the time
    CHECK(of_token.expired());      // but for its service no longer
    rig.add({"app.example.com"});
    CHECK(rig.keeper->next().read_exactly(hello.size()) == hello);
}

TEST_CASE("limit: who comes in again does so once") {
    PassthroughRig rig(30s, 60s);
    auto first = rig.add({"app.example.com"});
    Peer visitor = rig.visit(hello_for("app.example.com"));
    directory::TlsVisitor once = rig.keeper->next_visitor();
    rig.directory->leave(*first, *rig.keeper, Clock::now());
    auto second = rig.add({"app.example.com"});
    directory::dispatch(std::move(once));  // its service has gone, the next one is there already
    directory::TlsVisitor twice = rig.keeper->next_visitor();
    rig.directory->leave(*second, *rig.keeper, Clock::now());
    directory::dispatch(std::move(twice));
    CHECK(visitor.read_to_end() == internal_error);
    CHECK(rig.edge->counters().held.load() == 0);
}

TEST_CASE("limit: a ClientHello that does not come in time") {
    PassthroughRig rig(100ms);
    rig.add({"app.example.com"});
    Peer visitor = rig.visit();
    const std::string hello = hello_for("app.example.com");
    visitor.send(hello.substr(0, hello.size() - 1));
    CHECK(visitor.read_to_end().empty());
    CHECK(rig.log.count("its ClientHello did not arrive in time") == 1);
}
