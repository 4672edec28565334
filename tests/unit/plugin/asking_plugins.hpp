// Plugins that do with requests and answers what the test says, for chains of up to two instances.
#pragma once

#include <functional>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::test {

/// Does what the test says; two classes, for two instances.
template <int number>
class Asks final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "asks", .version = "1"};
    static inline std::function<plugin::Decision(plugin::Exchange&)> request;
    static inline std::function<plugin::Decision(plugin::Exchange&)> response;

    plugin::Decision on_request(plugin::Exchange& exchange) override {
        return request ? request(exchange) : plugin::Decision::go_on();
    }
    plugin::Decision on_response(plugin::Exchange& exchange) override {
        return response ? response(exchange) : plugin::Decision::go_on();
    }
};

using First = Asks<1>;
using Second = Asks<2>;

}  // namespace ferrotunnel::test
