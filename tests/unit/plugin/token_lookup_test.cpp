// Tokens that a plugin looks up: its answers, late, dropped or thrown, and what it sees.
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugin/host.hpp"
#include "plugin/token_lookup.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using ferrotunnel::test::PluginRig;

namespace {

/// Looks up what the test says.
class TokenKeeper final : public Plugin {
public:
    static constexpr Description description{.name = "keeper", .version = "1"};
    static inline std::string seen;
    static inline std::vector<TokenReply> kept;
    static inline bool throws = false;
    static inline bool keeps = true;

    static void check(const Settings& settings) { settings.looks_up_tokens(); }
    void on_token(const TokenQuery& query, TokenReply reply) override {
        seen = std::string(query.token_id) + '|' + std::string(query.address) + '|' + std::to_string(query.port) + '|' +
               std::string(query.name) + '|' + std::string(query.agent);
        for (const auto& [key, value] : query.metadata) {
            seen += '|' + std::string(key) + '=' + std::string(value);
        }
        if (throws) {
            throw std::runtime_error("broken");
        }
        if (keeps) {
            kept.push_back(std::move(reply));
        }
    }
};

/// Has the hook, but does not declare it.
class SilentKeeper final : public Plugin {
public:
    static constexpr Description description{.name = "silent", .version = "1"};
    void on_token(const TokenQuery&, TokenReply reply) override { std::move(reply).refuse(); }
};

class KeptAnswer final : public hooks::TokenAnswer {
public:
    explicit KeptAnswer(std::shared_ptr<std::string> told) : told_(std::move(told)) {}
    ~KeptAnswer() override { *told_ += "."; }

    void accept(hooks::FoundToken found) noexcept override {
        *told_ += found.secret + '|' + found.name + '|' + found.rights + '|' +
                  std::to_string(
                      std::chrono::seconds(std::chrono::duration_cast<std::chrono::seconds>(found.cached_for)).count());
    }
    void refuse() noexcept override { *told_ += "refused"; }
    void fail(std::string why) noexcept override { *told_ += "failed: " + why; }

private:
    const std::shared_ptr<std::string> told_;
};

std::shared_ptr<std::string> look_up(const PluginRig& rig) {
    auto told = std::make_shared<std::string>();
    look_up_token(rig.chain, {"0011", "198.51.100.9", 50'000, "laptop", "agent/1", {{"floor", "2"}, {"site", "barn"}}},
                  std::make_unique<KeptAnswer>(told));
    return told;
}

}  // namespace

TEST_CASE("tokens: a plugin sees what the client states, and answers later", "[plugin][token]") {
    PluginRig rig;
    rig.add<TokenKeeper>();
    REQUIRE(token_instance(rig.chain) == rig.chain.instances[0].get());
    TokenKeeper::keeps = true;
    TokenKeeper::throws = false;
    const auto accepted = look_up(rig);
    CHECK(TokenKeeper::seen == "0011|198.51.100.9|50000|laptop|agent/1|floor=2|site=barn");
    const auto refused = look_up(rig);
    const auto failed = look_up(rig);
    const auto dropped = look_up(rig);
    REQUIRE(TokenKeeper::kept.size() == 4);
    CHECK(*accepted + *refused + *failed + *dropped == "");
    std::move(TokenKeeper::kept[2]).fail("away");
    std::move(TokenKeeper::kept[1]).refuse();
    std::move(TokenKeeper::kept[0])
        .accept({.secret = "s", .name = "ann", .rights = "{}", .cached_for = std::chrono::seconds(7)});
    TokenKeeper::kept.clear();
    CHECK(*accepted == "s|ann|{}|7.");
    CHECK(*refused == "refused.");
    CHECK(*failed == "failed: away.");
    CHECK(*dropped == "failed: the plugin has dropped the query.");
    CHECK(rig.chain.instances[0]->counts().sum(Count::asked) == 4);
}

TEST_CASE("tokens: a plugin that throws or forgets its reply fails", "[plugin][token]") {
    PluginRig rig;
    rig.add<TokenKeeper>();
    TokenKeeper::throws = true;
    CHECK(*look_up(rig) == "failed: the plugin has dropped the query.");
    TokenKeeper::throws = false;
    TokenKeeper::keeps = false;
    CHECK(*look_up(rig) == "failed: the plugin has dropped the query.");
    TokenKeeper::keeps = true;
}

TEST_CASE("tokens: a second answer and an answer through a moved reply do nothing", "[plugin][token]") {
    PluginRig rig;
    rig.add<TokenKeeper>();
    const auto told = look_up(rig);
    REQUIRE(TokenKeeper::kept.size() == 1);
    TokenReply reply = std::move(TokenKeeper::kept[0]);
    const auto answer_in_all_ways = [](TokenReply& given) {
        std::move(given).accept({.secret = "s", .name = "eve"});
        std::move(given).refuse();  // NOLINT(bugprone-use-after-move): it does nothing
        std::move(given).fail("late");
    };
    answer_in_all_ways(TokenKeeper::kept[0]);
    CHECK(*told == "");
    std::move(reply).accept({.secret = "s", .name = "ann"});
    answer_in_all_ways(reply);  // NOLINT(bugprone-use-after-move): it does nothing
    TokenKeeper::kept.clear();
    CHECK(*told == "s|ann||0.");

    const ft_token_grant grant{};  // older headers passed null
    token_table().accept(nullptr, &grant);
    token_table().refuse(nullptr);
    token_table().fail(nullptr, ft_text{});
}

TEST_CASE("tokens: only a plugin that has declared it is asked", "[plugin][token]") {
    PluginRig rig;
    CHECK(*look_up(rig) == "failed: no plugin looks up tokens.");
    rig.add<SilentKeeper>();
    CHECK(token_instance(rig.chain) == nullptr);
    CHECK(*look_up(rig) == "failed: no plugin looks up tokens.");
    rig.add<TokenKeeper>();
    CHECK(token_instance(rig.chain) == rig.chain.instances[1].get());
}
