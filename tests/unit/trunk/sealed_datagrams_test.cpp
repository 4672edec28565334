// Datagrams inside the sealed bytes of a visit: whole, in order, and bounded wherever they wait.
#include "trunk/sealed_datagrams.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "trunk/limits.hpp"
#include "trunk/sealed_pump.hpp"
#include "unit/trunk/pumped_visitor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::trunk;
using namespace ferrotunnel::trunk::test;
using transport::SealContext;

namespace {

constexpr std::size_t largest = 65'507;

std::shared_ptr<const SealContext> context(SealContext::End end, std::uint8_t fill) {
    const std::vector<std::uint8_t> key(32, fill);
    return std::make_shared<const SealContext>(end, key, "dns", SealContext::Carries::datagrams);
}

// One end: takes whatever comes, and remembers it.
class End final : public buffer::Waker {
public:
    void begin(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream, std::shared_ptr<const SealContext> seal,
               Duration patience = std::chrono::seconds(60)) {
        flow = std::make_unique<SealedDatagrams>(
            worker, std::move(stream), std::move(seal), worker.now() + patience,
            [this](const std::string& text) { text.empty() ? proved = true : (why = text, true); }, nullptr,
            [this] { run(); });
        run();
    }
    void wake() noexcept override { run(); }
    void run() noexcept {
        if (std::exchange(running_, true)) {
            again_ = true;
            return;
        }
        do {
            again_ = false;
            buffer::Slice payload;
            DatagramFlow::Next next = DatagramFlow::Next::nothing;
            while (flow && (next = flow->take(payload)) == DatagramFlow::Next::datagram) {
                got.emplace_back(payload.bytes().begin(), payload.bytes().end());
            }
            if (flow && next == DatagramFlow::Next::over) {
                flow->end(wire::Code::none);
                is_over = true;
                again_ = false;
                break;
            }
        } while (again_);
        running_ = false;
    }
    void send(std::size_t size, std::uint8_t fill) {
        const std::vector<std::uint8_t> bytes(size, fill);
        flow->send(buffer::Slice::copy_of(bytes), TimePoint());
    }

    std::unique_ptr<SealedDatagrams> flow;
    std::vector<std::string> got;
    std::string why;
    bool proved = false;
    bool is_over = false;

private:
    bool running_ = false;
    bool again_ = false;
};

// A visitor's end at one trunk, and at the other what `at_service` makes of the stream. All of it is on the worker.
struct Visit {
    explicit Visit(std::uint8_t key_of_service = 1) {
        on(pair.worker, [&] {
            pair.client.on_stream = [this, key_of_service](IntrusivePtr<mux::Stream> opened, const wire::Open&) {
                opened->accept();
                if (pumped) {
                    opened->attach(pumped, false);
                    pumped->set_stream(std::move(opened));
                    pumped->wake();
                } else if (answers) {
                    opened->attach(service, false);
                    service->begin(pair.worker, std::move(opened), context(SealContext::End::service, key_of_service));
                } else {
                    opened->attach(make_intrusive<NullWaker>(), false);
                    silent = std::move(opened);
                }
            };
        });
    }
    ~Visit() {
        on(pair.worker, [&] {
            for (const auto& end : {visitor, service}) {
                if (end->flow) {
                    end->flow->end(wire::Code::none);
                    end->flow.reset();
                }
            }
            pumped.reset();
            silent.reset();
        });
    }
    void open(Duration patience = std::chrono::seconds(60)) {
        auto opened =
            pair.server.trunk->session().open({1, wire::ServiceKind::tcp, {}, {}}, visitor, false, pair.worker.now());
        stream = *opened;
        pair.server.trunk->session_changed();
        visitor->begin(pair.worker, stream, context(SealContext::End::visitor, 1), patience);
    }
    template <typename Condition>
    bool soon(Condition condition) {
        return eventually([&] { return on(pair.worker, condition); });
    }

    TrunkPair pair;
    IntrusivePtr<End> visitor = make_intrusive<End>();
    IntrusivePtr<End> service = make_intrusive<End>();
    IntrusivePtr<SealedPump> pumped;  // takes the stream instead
    IntrusivePtr<mux::Stream> silent;
    IntrusivePtr<mux::Stream> stream;
    bool answers = true;
};

}  // namespace

TEST_CASE("sealed datagrams arrive whole and in order, both ways", "[sealed-datagrams]") {
    Visit visit;
    const std::vector<std::size_t> sizes{0, 1, 1'200, 16'318, 16'319, largest, 0, 9'000};
    on(visit.pair.worker, [&] { visit.open(); });
    REQUIRE(visit.soon([&] { return visit.visitor->proved && visit.service->proved; }));
    for (End* from : {visit.visitor.get(), visit.service.get()}) {
        End* const to = from == visit.visitor.get() ? visit.service.get() : visit.visitor.get();
        on(visit.pair.worker, [&] {
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                from->send(sizes[i], static_cast<std::uint8_t>('a' + i));
            }
            from->flow->flush();
        });
        REQUIRE(visit.soon([&] { return to->got.size() == sizes.size(); }));
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            CHECK(to->got[i] == std::string(sizes[i], static_cast<char>('a' + i)));
        }
    }
    on(visit.pair.worker, [&] {
        CHECK(visit.visitor->flow->drops().no_room == 0);
        visit.visitor->flow->end(wire::Code::none);
    });
    REQUIRE(visit.soon([&] { return visit.service->is_over; }));
    CHECK(visit.service->why.empty());
}

TEST_CASE("what waits for the key to be proved is bounded", "[sealed-datagrams]") {
    Visit visit;
    const bool many = GENERATE(true, false);
    const std::size_t most = many ? limits::sealed_waiting_datagrams_max : limits::sealed_waiting_bytes_max / largest;
    on(visit.pair.worker, [&] {
        visit.open();
        for (std::size_t i = 0; i < most + 1; ++i) {
            visit.visitor->send(many ? 100 : largest, 'x');
        }
        CHECK(visit.visitor->flow->drops().no_room == 1);
    });
    REQUIRE(visit.soon([&] { return visit.service->got.size() == most; }));
}

TEST_CASE("what waits to be sent is bounded, and the flow continues behind it", "[sealed-datagrams]") {
    Visit visit;
    on(visit.pair.worker, [&] { visit.open(); });
    REQUIRE(visit.soon([&] { return visit.visitor->proved; }));
    constexpr std::size_t sent = 10;
    std::size_t passed = 0;
    on(visit.pair.worker, [&] {  // nothing leaves meanwhile
        for (std::size_t i = 0; i < sent; ++i) {
            visit.visitor->send(largest, 'x');
        }
        passed = sent - visit.visitor->flow->drops().no_room;
        CHECK(visit.stream->queued_bytes() >= limits::sealed_datagrams_queued_max);
        CHECK(visit.stream->queued_bytes() < limits::sealed_datagrams_queued_max + 2 * largest);
        visit.visitor->flow->flush();
    });
    CHECK(passed >= 2);
    CHECK(passed < sent);
    REQUIRE(visit.soon([&] { return visit.service->got.size() == passed; }));
    on(visit.pair.worker, [&] {
        visit.visitor->send(1, 'y');
        visit.visitor->flow->flush();
    });
    REQUIRE(visit.soon([&] { return visit.service->got.back() == "y"; }));
}

TEST_CASE("another key, and no answer in time, end both ends and are told", "[sealed-datagrams]") {
    const bool other_key = GENERATE(true, false);
    Visit visit(other_key ? 2 : 1);
    visit.answers = other_key;
    on(visit.pair.worker,
       [&] { visit.open(other_key ? Duration(std::chrono::seconds(60)) : Duration(std::chrono::milliseconds(20))); });
    REQUIRE(visit.soon([&] { return visit.visitor->is_over; }));
    CHECK(visit.visitor->why == (other_key ? "the client of the service rejected the key: the keys differ"
                                           : "the other client did not respond in time"));
    CHECK_FALSE(visit.visitor->proved);
    if (other_key) {
        REQUIRE(visit.soon([&] { return visit.service->is_over; }));
        CHECK(visit.service->why == "the visitor's key is not the key of this service");
    }
}

TEST_CASE("a length that no datagram has ends the flow", "[sealed-datagrams]") {
    Visit visit;
    auto [near, far] = tcp_pair();
    on(visit.pair.worker, [&, fd = std::make_shared<runtime::Fd>(std::move(near))] {
        visit.pumped = make_intrusive<SealedPump>(
            visit.pair.worker, make_intrusive<Traffic>(), context(SealContext::End::service, 1),
            visit.pair.worker.now() + std::chrono::seconds(60),
            [&visit, fd](const std::string& why) {
                if (why.empty()) {
                    visit.pumped->set_socket(std::move(*fd));
                }
            },
            nullptr);
        visit.open();
    });
    const std::array<std::uint8_t, 7> bytes{0, 2, 'o', 'k', 0xff, 0xe4, 'x'};  // 65,508 is one too many
    REQUIRE(runtime::write_some(far.get(), Bytes(bytes)).bytes == bytes.size());
    REQUIRE(visit.soon([&] { return visit.visitor->is_over; }));
    CHECK(visit.visitor->got == std::vector<std::string>{"ok"});
    CHECK(visit.visitor->why == "the received data was altered or cut off on the way");
}
