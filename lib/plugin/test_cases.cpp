// Combines every way of cutting bodies with every time of decisions.
#include <exception>
#include <stdexcept>
#include <string>

#include "ferrotunnel/plugin_testing_session.hpp"

namespace ferrotunnel::plugin {
namespace {

std::string_view name_of(DecisionTime when) {
    switch (when) {
        case DecisionTime::as_it_comes:
            break;
        case DecisionTime::early:
            return "early";
        case DecisionTime::late:
            return "late";
        case DecisionTime::twice:
            return "twice";
        case DecisionTime::after_end:
            return "after the end";
        case DecisionTime::never:
            return "never";
    }
    return "as they come";
}

std::string text_of(const TestCase& one) {
    constexpr std::size_t shown_max = 8;
    std::string text = one.cuts.empty() ? "not cut" : "cut at";
    for (std::size_t i = 0; i < one.cuts.size() && i < shown_max; ++i) {
        text += (i == 0 ? " " : ", ") + std::to_string(one.cuts[i]);
    }
    text += one.cuts.size() > shown_max ? " ..." : "";
    return text.append("; decisions ").append(name_of(one.when));
}

// Runs the test with a chain of the kind that it accepts.
template <typename Kind, typename Test>
void run_case(const std::vector<PluginUse>& plugins, const TestCase& one, const Test& test) {
    try {
        Kind chain(plugins, one.when);
        test(chain, one);
    } catch (const std::exception& error) {
        throw std::runtime_error(text_of(one) + ": " + error.what());
    }
}

}  // namespace

void for_each_case(const std::vector<PluginUse>& plugins, std::size_t body_size,
                   const std::function<void(TestChain&, const TestCase&)>& test) {
    for (const DecisionTime when : decision_times) {
        for (const auto& cuts : body_cuts(body_size)) {
            run_case<TestChain>(plugins, {cuts, when}, test);
        }
    }
}

void for_each_case(const std::vector<PluginUse>& plugins,
                   const std::function<void(TestSessions&, const TestCase&)>& test) {
    for (const DecisionTime when : decision_times) {
        run_case<TestSessions>(plugins, {{}, when}, test);
    }
}

}  // namespace ferrotunnel::plugin
