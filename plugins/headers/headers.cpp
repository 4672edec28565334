#include "headers/headers.hpp"

#include <stdexcept>
#include <utility>

namespace ferrotunnel::plugins {

using plugin::Decision;
using plugin::Exchange;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

void Headers::check(const Settings& settings) {
    (void)read(settings, "request", true);
    (void)read(settings, "response", true);
    if (settings.count("cors") > 0) {
        try {
            (void)Cors(settings);
        } catch (const std::invalid_argument& problem) {
            settings.problem("cors", problem.what());
        }
    }
}

Headers::Headers(const Settings& settings)
    : request_(read(settings, "request", false)), response_(read(settings, "response", false)) {
    if (settings.count("cors") > 0) {
        cors_.emplace(settings);
    }
}

namespace {

constexpr const char* unwritable =
    "is no field that a plugin may change: it is no name, or a field that the edge makes";

}  // namespace

// Reads the changes of one side: what is taken away first, so that a field can be taken away and added anew.
Headers::Changes Headers::read(const Settings& settings, const std::string& side, bool only_checks) {
    Changes changes;
    const std::string removed = side + ".remove";
    for (std::size_t i = 0; i < settings.count(removed); ++i) {
        const std::string path = removed + "[" + std::to_string(i) + "]";
        const std::string name(settings.text(path).value_or(Text()));
        if (!plugin::may_write(name)) {
            settings.problem(path, unwritable);
        }
        changes.push_back({name, std::nullopt, true});
    }
    for (const bool replaces : {true, false}) {
        const std::string group = side + (replaces ? ".set" : ".add");
        for (std::size_t i = 0; i < settings.count(group); ++i) {
            const std::string name(settings.key(group, i));
            const std::string path = group + "[\"" + name + "\"]";
            if (!plugin::may_write(name)) {
                settings.problem(path, unwritable);
            }
            try {
                changes.push_back({name, ValueTemplate(settings.text(path).value_or(Text())), replaces});
            } catch (const std::invalid_argument& problem) {
                if (!only_checks) {
                    throw;
                }
                settings.problem(path, problem.what());
            }
        }
    }
    return changes;
}

// A value that can not be written, since a note or a field of the visitor's has an end of a line in it, say, is left
// out; with `set` the field is gone then, so that nobody else's value stands in its place.
void Headers::apply(const Changes& changes, Exchange& exchange, Side side) {
    for (const Change& change : changes) {
        if (!change.value) {
            exchange.remove(side, change.name);
            continue;
        }
        const std::string value = change.value->value(exchange);
        if (!change.replaces) {
            exchange.add(side, change.name, value);
        } else if (!exchange.set(side, change.name, value)) {
            exchange.remove(side, change.name);
        }
    }
}

Decision Headers::on_request(Exchange& exchange) {
    if (cors_) {
        if (std::optional<plugin::Answer> answer = cors_->preflight(exchange)) {
            return Decision::respond(std::move(*answer));
        }
    }
    apply(request_, exchange, Side::request);
    return Decision::go_on();
}

Decision Headers::on_response(Exchange& exchange) {
    apply(response_, exchange, Side::response);
    if (cors_) {
        cors_->permit(exchange);
    }
    return Decision::go_on();
}

}  // namespace ferrotunnel::plugins
