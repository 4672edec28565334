// A plugin for plugin_observe.sh, which owes every decision, transforms every answer, and fails on its way.
#include <ferrotunnel/plugin.hpp>
#include <memory>
#include <stdexcept>
#include <utility>

using namespace ferrotunnel::plugin;

namespace {

/// Throws away what it gets.
class Eats final : public BodyFilter {
public:
    void chunk(Text, bool, Sink&) override {}
};

class Meddler final : public Plugin {
public:
    static constexpr Description description{.name = "meddler", .version = "1"};

    Decision on_request(Exchange& exchange) override {
        return exchange.later([](Later later) { std::move(later).decide(Decision::go_on()); });
    }
    Decision on_response(Exchange& exchange) override {
        exchange.transform(Side::response, std::make_unique<Eats>());
        throw std::runtime_error("no");
    }
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return library<Meddler>(host);
}
