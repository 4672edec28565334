// Bodies in a run: who may ask, what comes out, bounds, failures, and what is collected.
#include <array>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "unit/plugin/asking_plugins.hpp"
#include "unit/plugin/body_rig.hpp"
#include "unit/plugin/instance_options.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace ferrotunnel::test;
using hooks::Collected;
using hooks::Step;
using Way = hooks::BodyFilters;

namespace {

struct BodiesFixture : PluginRig {
    BodiesFixture() { First::request = First::response = Second::request = Second::response = nullptr; }
    /// Begins a request with a body, and asks the plugins.
    Step post(const std::string& length = "Content-Length: 5\r\n") {
        begin("POST /a", length);
        return ask();
    }
    Way& way(hooks::Side side = hooks::Side::request) {
        REQUIRE(run->body(side) != nullptr);
        return *run->body(side);
    }
    /// Has one instance send the body through these filters.
    void filter(std::vector<std::function<std::unique_ptr<BodyFilter>()>> filters, InstanceOptions options = {}) {
        First::request = [filters](Exchange& exchange) {
            for (const auto& make : filters) {
                CHECK(exchange.transform(Side::request, make()));
            }
            return Decision::go_on();
        };
        add<First>(std::move(options));
    }
};

/// How often it was destroyed.
struct CountsDestruction {
    explicit CountsDestruction(int& count) : counter(&count, [](int* n) { ++*n; }) {}
    std::shared_ptr<int> counter;
};

}  // namespace

TEST_CASE("bodies: nobody asks, and there is nothing", "[plugin][bodies]") {
    BodiesFixture rig;
    rig.add<First>();
    REQUIRE(rig.post() == Step::go_on);
    CHECK(rig.run->body(hooks::Side::request) == nullptr);
    REQUIRE(rig.answer() == Step::go_on);
    CHECK(rig.run->body(hooks::Side::response) == nullptr);
    rig.end();
}

TEST_CASE("bodies: a look sees the body behind the filters before it, and nothing of it is changed",
          "[plugin][bodies]") {
    BodiesFixture rig;
    std::array<std::string, 3> seen;
    int ends = 0;
    First::request = [&](Exchange& exchange) {
        CHECK(exchange.observe(Side::request, [&](Text piece) { seen[0] += piece; }));
        CHECK(exchange.transform(Side::request, rot13_filter()));
        CHECK(exchange.observe(Side::request, [&](Text piece) { seen[1] += piece; }));
        CHECK_FALSE(exchange.observe(Side::response, [](Text) {}));
        return Decision::go_on();
    };
    Second::request = [&](Exchange& exchange) {
        CHECK(exchange.transform(Side::request, counting_filter()));
        CHECK(exchange.observe(Side::request, [&](Text piece, bool last) {
            seen[2] += piece;
            ends += last ? 1 : 0;
        }));
        return Decision::go_on();
    };
    rig.add<First>();
    rig.add<Second>();
    REQUIRE(rig.post() == Step::go_on);
    CHECK(rig.way().changes());
    CHECK(pass(rig.way(), "hello", 2) == "uryyb=5");
    CHECK(seen == std::array<std::string, 3>{"hello", "uryyb", "uryyb=5"});
    CHECK(ends == 1);
    rig.end();
}

TEST_CASE("bodies: looks alone get pieces of the promised size, without a copy", "[plugin][bodies]") {
    BodiesFixture rig;
    std::vector<std::size_t> sizes;
    const char* where = nullptr;
    int released = 0;
    First::request = [&, counted = CountsDestruction(released)](Exchange& exchange) {
        exchange.observe(Side::request, [&, counted](Text piece, bool last) {
            where = where == nullptr ? piece.data() : where;
            sizes.push_back(piece.size());
            CHECK(last == (sizes.size() == 3));
        });
        return Decision::go_on();
    };
    rig.add<First>();
    REQUIRE(rig.post() == Step::go_on);
    CHECK_FALSE(rig.way().changes());
    const std::string body(limits::data_payload_max + 1, 'b');
    rig.way().observe(body, false);
    rig.way().observe({}, true);
    CHECK(sizes == std::vector<std::size_t>{limits::data_payload_max, 1, 0});
    CHECK(where == body.data());
    CHECK(rig.way().state() == Way::State::ended);
    First::request = nullptr;
    CHECK(released == 0);
    rig.end();
    CHECK(released == 1);
}

TEST_CASE("bodies: what comes out does not depend on where the body is cut", "[plugin][bodies]") {
    BodiesFixture rig;
    rig.filter({rot13_filter, counting_filter, rot13_filter});
    const std::string body = "The quick brown fox";
    for (std::size_t piece = 1; piece <= body.size() + 1; ++piece) {
        REQUIRE(rig.post() == Step::go_on);
        CHECK(pass(rig.way(), body, piece) == body + "=19");
        rig.end();
    }
    REQUIRE(rig.post() == Step::go_on);
    CHECK(pass(rig.way(), "", 1) == "=0");
    rig.end();
}

TEST_CASE("bodies: a large body in pieces of any size comes out whole, in pieces that frames take",
          "[plugin][bodies]") {
    BodiesFixture rig;
    rig.filter({rot13_filter, counting_filter});
    const std::string body(1'000'003, 'x');
    for (const std::size_t piece : {4'096UL, limits::data_payload_max, limits::data_payload_max + 1, 100'000UL}) {
        REQUIRE(rig.post() == Step::go_on);
        CHECK(pass(rig.way(), body, piece) == rot13(body) + "=1000003");
        rig.end();
    }
    REQUIRE(rig.post() == Step::go_on);
    rig.way().put(body.substr(0, 50'000), true);
    std::size_t sum = 0;
    while (const std::uint32_t size = rig.way().take().size()) {
        CHECK(size <= limits::data_payload_max);
        sum += size;
    }
    CHECK(sum == 50'000 + 6);
    rig.end();
}

TEST_CASE("bodies: a filter that grows its input gets no more while 64 KiB wait, and one before it neither",
          "[plugin][bodies]") {
    BodiesFixture rig;
    std::size_t fed = 0;
    rig.filter({rot13_filter, [&] {
                    return Made::of([&](Text in, bool, Sink& out) {
                        fed += in.size();
                        for (int i = 0; i < 8; ++i) {
                            out.write(in);
                        }
                    });
                }});
    REQUIRE(rig.post() == Step::go_on);
    const std::string piece(limits::data_payload_max, 'a');
    std::size_t put = 0;
    while (rig.way().accepts()) {
        rig.way().put(piece, false);
        put += piece.size();
        REQUIRE(put < 1'000'000);
    }
    CHECK(fed == piece.size());                  // its first output is beyond the bound
    CHECK(put <= 6 * limits::data_payload_max);  // the first filter's output is bounded as well
    std::size_t out = 0;
    while (const std::uint32_t size = rig.way().take().size()) {
        out += size;
    }
    CHECK(out == 8 * put);
    CHECK(rig.way().accepts());
    rig.end();
}

TEST_CASE("bodies: a filter with more than there is room for is pulled before it gets more", "[plugin][bodies]") {
    BodiesFixture rig;
    std::string calls;
    rig.filter({[&] {
        auto left = std::make_shared<std::size_t>(0);
        const auto write = [&calls, left](Sink& out) {
            const std::size_t n = std::min(*left, out.room());
            out.write(std::string(n, 'p'));
            *left -= n;
            if (*left > 0) {
                out.more();
            }
        };
        return Made::of(
            [&calls, left, write](Text in, bool last, Sink& out) {
                calls += last ? "l" : "c";
                CHECK(*left == 0);
                *left = in.size() * 100;
                write(out);
            },
            [&calls, write](Sink& out) {
                calls += "p";
                write(out);
            });
    }});
    REQUIRE(rig.post() == Step::go_on);
    CHECK(pass(rig.way(), std::string(10'000, 'i'), 5'000) == std::string(1'000'000, 'p'));
    CHECK(calls.substr(0, 2) == "cp");
    CHECK(calls.find("lp") != std::string::npos);
    CHECK(calls.back() == 'p');
    rig.end();
}

TEST_CASE("bodies: a filter that has more and writes nothing, or has no pull, has failed", "[plugin][bodies]") {
    BodiesFixture rig;
    int pulls = 0;
    rig.filter({[&] {
                   return Made::of([](Text, bool, Sink& out) { out.more(); },
                                   [&](Sink& out) {
                                       ++pulls;
                                       out.more();
                                   });
               }},
               closed_instance);
    REQUIRE(rig.post() == Step::go_on);
    CHECK(pass(rig.way(), "hello", 5).empty());
    CHECK(rig.way().state() == Way::State::failed);
    CHECK(pulls == 1);
    rig.end();
}

TEST_CASE("bodies: 1 MiB may be made of one piece, and not a byte more", "[plugin][bodies]") {
    for (const std::size_t more : {0UL, 1UL}) {
        BodiesFixture rig;
        bool taken = true;
        rig.filter({[&] {
            return Made::of([&](Text in, bool, Sink& out) {
                if (in == "b") {
                    out.write(std::string(limits::plugin_body_output_max, 'x'));
                    taken = more == 0 || out.write("y");
                } else {
                    out.write(in);
                }
            });
        }});
        REQUIRE(rig.post() == Step::go_on);
        const std::string out = pass(rig.way(), "ab", 1);
        CHECK(taken == (more == 0));
        CHECK(rig.way().state() == (more == 0 ? Way::State::ended : Way::State::failed));
        CHECK(out.size() == (more == 0 ? limits::plugin_body_output_max + 1 : 1));
        rig.end();
    }
}

TEST_CASE("bodies: a failure on the first piece is as the policy says, a later one ends the message",
          "[plugin][bodies]") {
    const auto fails_at = [](int call) {
        return [call] {
            return Made::of([call, n = 0](Text in, bool, Sink& out) mutable {
                out.write(rot13(in));
                if (++n == call) {
                    throw std::runtime_error("broken");
                }
            });
        };
    };
    for (const bool is_closed : {false, true}) {
        for (const int call : {1, 2, 3}) {
            BodiesFixture rig;
            rig.filter({fails_at(call), counting_filter}, is_closed ? closed_instance : InstanceOptions{});
            REQUIRE(rig.post() == Step::go_on);
            const std::string out = pass(rig.way(), "abc", 1);
            if (call == 1 && !is_closed) {
                CHECK(out == "abc=3");  // as if the filter were not there
                CHECK(rig.way().state() == Way::State::ended);
            } else {
                CHECK(out == std::string("nop").substr(0, static_cast<std::size_t>(call - 1)));
                CHECK(rig.way().state() == Way::State::failed);
                CHECK(rig.way().take().empty());
            }
            CHECK(rig.log.count("a plugin failed") == 1);
            rig.end();
        }
    }
}

TEST_CASE("bodies: a look that fails is shown nothing more; a closed one ends the message", "[plugin][bodies]") {
    for (const bool is_closed : {false, true}) {
        BodiesFixture rig;
        int looks = 0;
        First::request = [&](Exchange& exchange) {
            exchange.observe(Side::request, [&](Text) {
                ++looks;
                throw std::runtime_error("broken");
            });
            return Decision::go_on();
        };
        rig.add<First>(is_closed ? closed_instance : InstanceOptions{});
        REQUIRE(rig.post() == Step::go_on);
        rig.way().observe("a", false);
        rig.way().observe("b", true);
        CHECK(looks == 1);
        CHECK(rig.way().state() == (is_closed ? Way::State::failed : Way::State::ended));
        rig.end();
    }
}

TEST_CASE("bodies: a hook that fails takes back what it has asked for", "[plugin][bodies]") {
    BodiesFixture rig;
    int released = 0;
    First::request = [&](Exchange& exchange) {
        exchange.transform(Side::request, rot13_filter());
        return Decision::go_on();
    };
    Second::request = [&, counted = CountsDestruction(released)](Exchange& exchange) -> Decision {
        exchange.observe(Side::request, [counted](Text) {});
        exchange.transform(Side::request, Made::of([counted](Text, bool, Sink&) {}));
        auto collect = exchange.collect(0, [counted](Exchange&, Text) { return Decision::go_on(); });
        (void)collect;
        throw std::runtime_error("broken");
    };
    rig.add<First>();
    rig.add<Second>();
    REQUIRE(rig.post() == Step::go_on);
    Second::request = nullptr;
    CHECK(released == 1);
    CHECK(pass(rig.way(), "hello", 5) == "uryyb");
    rig.end();
}

TEST_CASE("bodies: an observing instance looks, and does not transform", "[plugin][bodies]") {
    BodiesFixture rig;
    std::string seen;
    int released = 0;
    First::request = [&, counted = CountsDestruction(released)](Exchange& exchange) {
        CHECK(exchange.observe(Side::request, [&](Text piece) { seen += piece; }));
        CHECK(exchange.transform(Side::request, Made::of([counted](Text, bool, Sink&) {})));
        return Decision::go_on();
    };
    rig.add<First>(observing_instance);
    REQUIRE(rig.post("Content-Length: 5\r\nContent-MD5: x\r\n") == Step::go_on);
    First::request = nullptr;
    CHECK(released == 1);
    CHECK_FALSE(rig.way().changes());
    rig.way().observe("hello", true);
    CHECK(seen == "hello");
    CHECK(rig.sent().find("Content-MD5") != std::string::npos);
    rig.end();
}

TEST_CASE("bodies: there is a bound for those that look at one body", "[plugin][bodies]") {
    BodiesFixture rig;
    std::size_t taken = 0;
    First::request = [&](Exchange& exchange) {
        while (exchange.observe(Side::request, [](Text) {})) {
            ++taken;
        }
        return Decision::go_on();
    };
    rig.add<First>();
    REQUIRE(rig.post() == Step::go_on);
    CHECK(taken == limits::plugin_body_stages_max);
    rig.end();
}

TEST_CASE("bodies: heads of what is transformed say nothing of the old body", "[plugin][bodies]") {
    BodiesFixture rig;
    const std::string digests =
        "Content-MD5: a\r\nDigest: b\r\nContent-Digest: c\r\nRepr-Digest: d\r\nAccept-Ranges: bytes\r\n";
    First::request = [](Exchange& exchange) {
        exchange.transform(Side::request, rot13_filter());
        return Decision::go_on();
    };
    First::response = [](Exchange& exchange) {
        CHECK(exchange.transform(Side::response, rot13_filter()) == (exchange.status() != 206));
        return Decision::go_on();
    };
    rig.add<First>();
    REQUIRE(rig.post("Content-Length: 5\r\nX-Other: 1\r\n" + digests) == Step::go_on);
    const std::string sent = rig.sent();
    CHECK(sent.find("igest:") == std::string::npos);
    CHECK(sent.find("Content-MD5") == std::string::npos);
    CHECK(sent.find("X-Other: 1\r\n") != std::string::npos);
    REQUIRE(rig.answer(200, "ETag: \"strong\"\r\n" + digests) == Step::go_on);
    const std::string shown = rig.shown();
    CHECK(shown.find("igest:") == std::string::npos);
    CHECK(shown.find("Content-MD5") == std::string::npos);
    CHECK(shown.find("Accept-Ranges") == std::string::npos);
    CHECK(shown.find("ETag: W/\"strong\"\r\n") != std::string::npos);
    rig.end();
    rig.post();
    REQUIRE(rig.answer(200, "ETag: W/\"weak\"\r\n") == Step::go_on);
    CHECK(rig.shown().find("ETag: W/\"weak\"\r\n") != std::string::npos);
    rig.end();
    rig.post();
    REQUIRE(rig.answer(206, "ETag: \"strong\"\r\n" + digests) == Step::go_on);
    CHECK(rig.shown().find("ETag: \"strong\"\r\n") != std::string::npos);
    CHECK(rig.shown().find("Repr-Digest: d\r\n") != std::string::npos);
    CHECK(rig.run->body(hooks::Side::response) == nullptr);
    rig.end();
}

TEST_CASE("bodies: what was asked for an answer goes with it", "[plugin][bodies]") {
    BodiesFixture rig;
    First::response = [](Exchange& exchange) {
        return exchange.status() == 500 ? Decision::respond({200, {}, "other"}) : Decision::go_on();
    };
    Second::response = [](Exchange& exchange) {
        exchange.transform(Side::response, rot13_filter());
        return Decision::go_on();
    };
    rig.add<First>();
    rig.add<Second>();
    REQUIRE(rig.post() == Step::go_on);
    REQUIRE(rig.answer(500) == Step::answer);
    rig.run->drop_answer();
    REQUIRE(rig.answer(200) == Step::go_on);
    CHECK(rig.run->body(hooks::Side::response) == nullptr);
    rig.end();
}

// --- collecting ---

TEST_CASE("bodies: a body is collected once for all who want it", "[plugin][bodies]") {
    BodiesFixture rig;
    std::string seen;
    const auto collects = [&seen](Exchange& exchange) {
        return exchange.collect(10, [&seen](Exchange& again, Text body) {
            seen += std::string(body) + "|";
            again.add(Side::request, "X-Size", std::to_string(body.size()));
            return Decision::go_on();
        });
    };
    First::request = collects;
    Second::request = collects;
    rig.add<First>();
    rig.add<Second>();
    REQUIRE(rig.post() == Step::collect);
    CHECK(rig.run->collect_max() == 10);
    CHECK(rig.run->collect("hel") == Collected::kept);
    CHECK(rig.ask() == Step::collect);
    CHECK(rig.run->collect("lo") == Collected::kept);
    rig.run->collect_end();
    REQUIRE(rig.ask() == Step::go_on);
    CHECK(seen == "hello|hello|");
    CHECK(rig.run->collected(hooks::Side::request) == "hello");
    CHECK(rig.sent().find("X-Size: 5\r\nX-Size: 5\r\n") != std::string::npos);
    CHECK(rig.worker->collected() > 0);
    rig.run->drop_collected(hooks::Side::request);
    CHECK(rig.worker->collected() == 0);
    rig.end();
}

TEST_CASE("bodies: a request without a body is collected at once", "[plugin][bodies]") {
    BodiesFixture rig;
    First::request = [](Exchange& exchange) {
        return exchange.collect(0, [](Exchange&, Text body) {
            CHECK(body.empty());
            return Decision::respond({200, {}, "empty"});
        });
    };
    rig.add<First>();
    rig.begin();
    REQUIRE(rig.ask() == Step::answer);
    CHECK(rig.run->take_reply().body == "empty");
    rig.end();
    CHECK(rig.post("Content-Length: 0\r\n") == Step::answer);
    rig.end();
}

TEST_CASE("bodies: the bound is what was asked for, and a byte beyond it is too much", "[plugin][bodies]") {
    const std::vector<std::pair<std::size_t, std::size_t>> bounds{
        {1, 1}, {0, limits::plugin_collect_default}, {SIZE_MAX, limits::plugin_collect_max}};
    for (const auto& [asked, most] : bounds) {
        BodiesFixture rig;
        First::request = [asked = asked](Exchange& exchange) {
            return exchange.collect(asked, [](Exchange&, Text) { return Decision::go_on(); });
        };
        rig.add<First>();
        REQUIRE(rig.post("Transfer-Encoding: chunked\r\n") == Step::collect);
        CHECK(rig.run->collect_max() == most);
        CHECK(rig.run->collect(std::string(most - 1, 'a')) == Collected::kept);
        CHECK(rig.run->collect("b") == Collected::kept);
        CHECK(rig.run->collect("c") == Collected::too_large);
        CHECK(rig.run->collected(hooks::Side::request).size() == most);
        rig.end();
        CHECK(rig.worker->collected() == 0);
    }
}

TEST_CASE("bodies: a second collector with a smaller bound does not get more", "[plugin][bodies]") {
    BodiesFixture rig;
    int released = 0;
    First::request = [](Exchange& exchange) {
        return exchange.collect(10, [](Exchange&, Text) { return Decision::go_on(); });
    };
    Second::request = [&, counted = CountsDestruction(released)](Exchange& exchange) {
        return exchange.collect(4, [counted](Exchange&, Text) -> Decision { throw std::logic_error("too much"); });
    };
    rig.add<First>();
    rig.add<Second>();
    REQUIRE(rig.post() == Step::collect);
    CHECK(rig.run->collect("hello") == Collected::kept);
    rig.run->collect_end();
    REQUIRE(rig.ask() == Step::answer);
    CHECK(rig.run->take_reply().page == http::PageState::body_too_large);
    Second::request = nullptr;
    CHECK(released == 1);
    rig.end();
}

TEST_CASE("bodies: what a worker collects is bounded, and given back", "[plugin][bodies]") {
    BodiesFixture rig;
    First::request = [](Exchange& exchange) {
        return exchange.collect(SIZE_MAX, [](Exchange&, Text) { return Decision::go_on(); });
    };
    rig.add<First>();
    std::vector<std::unique_ptr<hooks::HttpRun>> others;
    const std::string body(limits::plugin_collect_max, 'a');
    for (std::size_t i = 0; i < limits::plugin_collected_max / limits::plugin_collect_max; ++i) {
        REQUIRE(rig.post() == Step::collect);
        REQUIRE(rig.run->collect(body) == Collected::kept);
        others.push_back(std::move(rig.run));
    }
    REQUIRE(rig.post() == Step::collect);
    CHECK(rig.run->collect("a") == Collected::no_room);
    others.back()->close({});
    others.pop_back();
    CHECK(rig.run->collect("a") == Collected::kept);
    rig.end();
    for (const auto& each : others) {
        each->close({});
    }
    others.clear();
    CHECK(rig.worker->collected() == 0);
}

TEST_CASE("bodies: the operator says how much a worker collects", "[plugin][bodies]") {
    BodiesFixture rig;
    First::request = [](Exchange& exchange) {
        return exchange.collect(SIZE_MAX, [](Exchange&, Text) { return Decision::go_on(); });
    };
    rig.add<First>();
    rig.waits.collected_max = 64 * 1024;
    REQUIRE(rig.post() == Step::collect);
    CHECK(rig.run->collect(std::string(64 * 1024, 'a')) == Collected::kept);
    CHECK(rig.run->collect("a") == Collected::no_room);
    rig.end();
    CHECK(rig.worker->collected() == 0);
}

TEST_CASE("bodies: whoever waits may collect, and whoever has collected may wait", "[plugin][bodies]") {
    BodiesFixture rig;
    std::vector<Later> owed;
    int asked = 0;
    First::request = [&](Exchange& exchange) {
        return exchange.later([&](Later later) {
            std::move(later).resume([&](Exchange& resumed) {
                return resumed.collect(10, [&](Exchange& with_body, Text body) {
                    CHECK(body == "hello");
                    ++asked;
                    return with_body.later([&](Later second) { owed.push_back(std::move(second)); });
                });
            });
        });
    };
    rig.add<First>();
    REQUIRE(rig.post() == Step::wait);
    REQUIRE(rig.deliver() == 1);
    REQUIRE(rig.ask() == Step::collect);
    rig.now += std::chrono::minutes(10);  // the visitor's time is not the plugin's
    (void)rig.run->collect("hello");
    rig.run->collect_end();
    REQUIRE(rig.ask() == Step::wait);
    CHECK(asked == 1);
    CHECK(rig.run->wait_until() > rig.now);
    std::move(owed.back()).decide(Decision::go_on());
    REQUIRE(rig.deliver() == 1);
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.run->collected(hooks::Side::request) == "hello");
    rig.end();
}

TEST_CASE("bodies: one hook collects once", "[plugin][bodies]") {
    BodiesFixture rig;
    int released = 0;
    First::request = [&, counted = CountsDestruction(released)](Exchange& exchange) {
        return exchange.collect(10, [counted](Exchange& again, Text) {
            return again.collect(10, [counted](Exchange&, Text) { return Decision::go_on(); });
        });
    };
    rig.add<First>(closed_instance);
    REQUIRE(rig.post() == Step::collect);
    rig.run->collect_end();
    CHECK(rig.ask() == Step::answer);
    CHECK(rig.run->take_reply().page == http::PageState::plugin_failed);
    First::request = nullptr;
    CHECK(released == 1);
    rig.end();
}

TEST_CASE("bodies: what decides on a body is let go with its exchange", "[plugin][bodies]") {
    for (const bool by_page : {false, true}) {
        BodiesFixture rig;
        int released = 0;
        First::request = [&, counted = CountsDestruction(released)](Exchange& exchange) {
            return exchange.collect(10, [counted](Exchange&, Text) -> Decision { throw std::logic_error("gone"); });
        };
        rig.add<First>();
        REQUIRE(rig.post() == Step::collect);
        First::request = nullptr;
        (void)rig.run->collect("hel");
        CHECK(released == 0);
        if (by_page) {  // 408, 413
            rig.run->drop_answer();
            CHECK(released == 1);
        }
        rig.end();
        CHECK(released == 1);
        CHECK(rig.worker->collected() == 0);
    }
}
