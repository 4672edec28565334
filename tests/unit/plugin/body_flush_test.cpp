// Filters that hold something back, and are asked for it when nothing more of a body is there for now.
#include <string>
#include <vector>

#include "unit/plugin/body_rig.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace ferrotunnel::test;
using Way = hooks::BodyFilters;

namespace {

/// Holds all back until it is asked for it, and puts it in brackets.
class BracketFilter final : public BodyFilter {
public:
    explicit BracketFilter(std::string brackets) : brackets_(std::move(brackets)) {}
    void chunk(Text in, bool last, Sink& out) override {
        held_ += in;
        if (last) {
            flush(out);
        }
    }
    void flush(Sink& out) override {
        if (held_ == "fail") {
            throw std::runtime_error("as the test wants");
        }
        out.write(brackets_.substr(0, 1) + held_ + brackets_.substr(1));
        held_.clear();
    }

private:
    std::string brackets_;
    std::string held_;
};

class Holder final : public Plugin {
public:
    static constexpr Description description{.name = "holder", .version = "1"};
    static inline std::vector<std::string> filters;

    Decision on_response(Exchange& exchange) override {
        for (const std::string& brackets : filters) {
            const bool is_holding = !brackets.empty();
            CHECK(exchange.transform(Side::response,
                                     is_holding ? std::make_unique<BracketFilter>(brackets) : rot13_filter()));
        }
        return Decision::go_on();
    }
};

struct FlushFixture : PluginRig {
    explicit FlushFixture(std::vector<std::string> filters, InstanceOptions options = {}) {
        Holder::filters = std::move(filters);
        add<Holder>(std::move(options));
        begin();
        REQUIRE(ask() == hooks::Step::go_on);
        REQUIRE(answer() == hooks::Step::go_on);
    }
    Way& way() { return *run->body(hooks::Side::response); }
    std::string taken() { return std::string(as_text(way().take().bytes())); }
};

}  // namespace

TEST_CASE("bodies: what a filter holds back comes out when nothing more is there", "[plugin][bodies]") {
    FlushFixture rig({"[]"});
    CHECK_FALSE(rig.way().flush());  // it has had nothing
    rig.way().put("a", false);
    rig.way().put("b", false);
    CHECK(rig.taken().empty());
    CHECK(rig.way().flush());
    CHECK(rig.taken() == "[ab]");
    CHECK_FALSE(rig.way().flush());  // nor anything since
    CHECK(rig.way().accepts());
    rig.way().put("c", false);
    CHECK(rig.way().flush());
    CHECK_FALSE(rig.way().flush());
    CHECK(rig.taken() == "[c]");
    rig.way().put("d", true);
    CHECK_FALSE(rig.way().flush());  // the last piece says it already
    CHECK(rig.taken() == "[d]");
    CHECK(rig.way().state() == Way::State::ended);
    rig.end();
}

TEST_CASE("bodies: several filters that hold back are asked in their order", "[plugin][bodies]") {
    FlushFixture rig({"[]", "", "()"});
    rig.way().put("ab", false);
    CHECK(rig.taken().empty());
    CHECK(rig.way().flush());
    CHECK(rig.taken() == "([no])");
    rig.way().put("c", true);
    CHECK(rig.taken() == "([p])");
    rig.end();
}

TEST_CASE("bodies: filters that hold nothing back are not asked", "[plugin][bodies]") {
    FlushFixture rig({""});
    rig.way().put("ab", false);
    CHECK(rig.taken() == "no");
    (void)rig.way().flush();
    CHECK(rig.taken().empty());
    CHECK(rig.way().state() == Way::State::open);
    rig.end();
}

TEST_CASE("bodies: a filter that fails when it is asked for what it holds ends the message", "[plugin][bodies]") {
    for (const bool closed : {false, true}) {
        FlushFixture rig({"[]"}, {"", closed, false});
        rig.way().put("fail", false);
        CHECK(rig.way().flush());
        CHECK(rig.way().state() == Way::State::failed);
        CHECK(rig.taken().empty());
        rig.end();
    }
}
