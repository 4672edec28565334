// Random bodies through random chains of filters and looks, put and taken in random turns: what comes out is what the
// same chain makes of the whole body at once, and no filter's output grows beyond its bounds.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "plugin/body_filter_chain.hpp"
#include "plugin/host.hpp"
#include "support/recording_logger.hpp"
#include "support/seeded_random.hpp"
#include "unit/plugin/body_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace ferrotunnel::test;

namespace {

constexpr std::size_t kinds = 8;
constexpr std::size_t holding = 6;         // holds all back until it is asked for it
constexpr std::size_t holding_pulled = 7;  // and writes it as there is room

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

/// What a filter of that kind makes of a whole body.
std::string made_of(std::size_t kind, const std::string& body) {
    switch (kind) {
        case 0:
            return rot13(body);
        case 1:
            return body + "=" + std::to_string(body.size());
        case 2:
            return repeated(body, 2);
        case 3: {
            std::string grown;
            for (const char c : body) {
                grown += std::string(20, c);
            }
            return grown;
        }
        case 4:
            return {};
        default:  // 5, holding, holding_pulled
            return body;
    }
}

/// Writes twenty of each byte, as far as there is room, and the rest when it is pulled.
std::unique_ptr<BodyFilter> growing_filter() {
    struct Left {
        std::string input;
        std::size_t at = 0;
    };
    const auto left = std::make_shared<Left>();
    const auto write = [left](Sink& out) {
        for (; left->at < left->input.size() && out.room() > 0; ++left->at) {
            out.write(std::string(20, left->input[left->at]));
        }
        if (left->at < left->input.size()) {
            out.more();
        }
    };
    return Made::of(
        [left, write](Text in, bool, Sink& out) {
            *left = {std::string(in), 0};
            write(out);
        },
        write);
}

class HoldingFilter final : public BodyFilter {
public:
    explicit HoldingFilter(bool is_pulled) : is_pulled_(is_pulled) {}
    void chunk(Text in, bool last, Sink& out) override {
        held_ += in;
        if (last) {
            pull(out);
        }
    }
    void flush(Sink& out) override { pull(out); }
    void pull(Sink& out) override {
        const std::size_t size = is_pulled_ ? std::min(out.room(), held_.size()) : held_.size();
        out.write(held_.substr(0, size));
        held_.erase(0, size);
        if (!held_.empty()) {
            out.more();
        }
    }

private:
    const bool is_pulled_;
    std::string held_;
};

std::unique_ptr<BodyFilter> filter_of(std::size_t kind) {
    switch (kind) {
        case holding:
        case holding_pulled:
            return std::make_unique<HoldingFilter>(kind == holding_pulled);
        case 0:
            return rot13_filter();
        case 1:
            return counting_filter();
        case 2:  // says everything again at the end
            return Made::of([all = std::string()](Text in, bool last, Sink& out) mutable {
                all += in;
                out.write(in);
                out.write(last ? Text(all) : Text());
            });
        case 3:
            return growing_filter();
        case 4:
            return Made::of([](Text, bool, Sink&) {});
        default:  // keeps all until the end
            return Made::of([all = std::string()](Text in, bool last, Sink& out) mutable {
                all += in;
                out.write(last ? Text(all) : Text());
            });
    }
}

ft_body_filter calls_of_filters() {
    ft_body_filter calls{};
    calls.size = sizeof(calls);
    calls.chunk = [](void* user, ft_text in, std::int32_t last, ft_sink* out) -> std::int32_t {
        Sink sink(out);
        static_cast<BodyFilter*>(user)->chunk({in.data, in.size}, last != 0, sink);
        return 0;
    };
    calls.pull = [](void* user, ft_sink* out) -> std::int32_t {
        Sink sink(out);
        static_cast<BodyFilter*>(user)->pull(sink);
        return 0;
    };
    calls.flush = [](void* user, ft_sink* out) -> std::int32_t {
        Sink sink(out);
        static_cast<BodyFilter*>(user)->flush(sink);
        return 0;
    };
    calls.release = [](void* user) { delete static_cast<BodyFilter*>(user); };
    return calls;
}

class Nothing final : public Plugin {
public:
    static constexpr Description description{.name = "nothing", .version = "1"};
};

struct Seen {
    std::string text;
    int ends = 0;
};

std::int32_t note(void* user, ft_text piece, std::int32_t last) {
    auto& seen = *static_cast<Seen*>(user);
    seen.text.append(piece.data, piece.size);
    seen.ends += last;
    return piece.size <= limits::data_payload_max ? 0 : -1;
}

}  // namespace

TEST_CASE("bodies: random bodies through random filters come out as if they had come at once", "[plugin][bodies]") {
    REQUIRE(library<Nothing>(&host()) != nullptr);  // filters call the host by it
    RecordingLogger log;
    const Instance instance({}, {"i", true, false}, log);
    HookTimer watch;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        SeededRandom random(seed);
        std::string body(random.below(random.chance(20) ? 60'000 : 300), '\0');
        random.fill(MutableBytes(reinterpret_cast<std::uint8_t*>(body.data()), body.size()));
        BodyFilterChain passage("id", watch);
        std::vector<std::pair<std::unique_ptr<Seen>, std::string>> looks;  // with what they have to see
        std::string expected = body;
        std::string chain;
        bool is_flushed_whole = true;  // no filter of the chain keeps something back that it was asked for
        const std::size_t filters = random.between(1, 4);
        for (std::size_t i = 0; i < filters; ++i) {
            if (random.chance(40)) {
                looks.emplace_back(std::make_unique<Seen>(), expected);
                REQUIRE(passage.add_observer(instance, note, looks.back().first.get(), nullptr));
            }
            const std::size_t kind = expected.size() < 50'000 ? random.below(kinds) : 0;
            expected = made_of(kind, expected);
            chain += std::to_string(kind);
            is_flushed_whole = is_flushed_whole && (kind == 0 || kind >= holding);
            REQUIRE(passage.add_filter(instance, calls_of_filters(), filter_of(kind).release()));
        }
        looks.emplace_back(std::make_unique<Seen>(), expected);
        REQUIRE(passage.add_observer(instance, note, looks.back().first.get(), nullptr));
        std::string out;
        std::size_t at = 0;
        bool has_all = false;
        for (int turns = 0; passage.state() == hooks::BodyFilters::State::open; ++turns) {
            REQUIRE(turns < 200'000);
            if (!has_all && passage.accepts() && random.chance(70)) {
                const std::size_t size = std::min(body.size() - at, random.below(random.chance(50) ? 20 : 20'000));
                has_all = at + size == body.size() && random.chance(70);
                passage.put(std::string_view(body).substr(at, size), has_all);
                at += size;
            } else if (random.chance(20)) {  // nothing more is there for now
                do {
                    for (buffer::Slice piece = passage.take(); !piece.empty(); piece = passage.take()) {
                        out += as_text(piece.bytes());
                    }
                } while (passage.flush());
                REQUIRE((!is_flushed_whole || out.size() == at));
            } else {
                const buffer::Slice piece = passage.take();
                REQUIRE(piece.size() <= limits::data_payload_max);
                out += as_text(piece.bytes());
            }
        }
        INFO("seed " << seed << ", filters " << chain << ", " << body.size() << " bytes, " << out.size() << " of "
                     << expected.size());
        REQUIRE(passage.state() == hooks::BodyFilters::State::ended);
        const bool is_expected = out == expected;  // texts that large make no message
        REQUIRE(is_expected);
        for (const auto& [seen, whole] : looks) {
            const bool has_seen_all = seen->text == whole;
            REQUIRE(has_seen_all);
            REQUIRE(seen->ends == 1);
        }
    }
}
