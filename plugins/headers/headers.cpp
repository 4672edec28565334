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
    constexpr std::size_t changes_max = 24;  // of the 32 that all plugins may make together; CORS makes up to 7
    for (const char* const side : {"request", "response"}) {
        if (read(settings, side, true).size() > changes_max) {
            settings.problem(side, "has more than 24 changes");
        }
    }
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
    "is not a field that a plugin may change: it is not a valid name, or a field that the edge sets";

}  // namespace

// Reads the changes of one side: removals first, so that a field can be removed and then added.
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
                const Text text = settings.text(path).value_or(Text());
                changes.push_back({name, ValueTemplate(text), replaces});
                for (const std::string& note : changes.back().value->notes()) {
                    side == "request" ? settings.reads_note(note, path) : settings.reads_note_at_last(note, path);
                }
                if (text.find("{{") == Text::npos && plugin::may_write(name) && !plugin::may_write(name, text)) {
                    settings.problem(
                        path, "is not a valid field value: it has a line end, or begins or ends with whitespace");
                }
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

// A value that cannot be written, for example because a note or a visitor's field in it has a line end, is left out;
// with `set` the field is then removed, so that no other value stays in it. False: not even that was possible, for want
// of room, which the visitor may have filled.
bool Headers::apply(const Changes& changes, Exchange& exchange, Side side) {
    for (const Change& change : changes) {
        if (!change.value) {
            if (!exchange.remove(side, change.name)) {
                return false;
            }
            continue;
        }
        const std::string value = change.value->value(exchange);
        if (!change.replaces) {
            exchange.add(side, change.name, value);
        } else if (!exchange.set(side, change.name, value) && !exchange.remove(side, change.name)) {
            return false;
        }
    }
    return true;
}

Decision Headers::on_request(Exchange& exchange) {
    if (cors_) {
        if (std::optional<plugin::Answer> answer = cors_->preflight(exchange)) {
            return Decision::respond(std::move(*answer));
        }
    }
    return apply(request_, exchange, Side::request) ? Decision::go_on() : Decision::reject(503, "headers_no_room");
}

Decision Headers::on_response(Exchange& exchange) {
    const bool fits = apply(response_, exchange, Side::response) && (!cors_ || cors_->permit(exchange));
    return fits ? Decision::go_on() : Decision::reject(503, "headers_no_room");
}

}  // namespace ferrotunnel::plugins
