// The host of a plugin, as far as it and this header know each other, and how failures of the plugin are told to it:
// what the classes of plugin.hpp stand on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>

#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

namespace detail {

/// The host's tables, as far as host and plugin both know them; what is not there is null.
struct Api {
    const ft_host* host = nullptr;
    const ft_http* http = nullptr;
    const ft_settings_api* settings = nullptr;
    const ft_body_api* body = nullptr;    // null: the host has no bodies
    const ft_session* session = nullptr;  // null: it asks nobody about visitors of TCP and about clients
    const ft_fetch* fetch = nullptr;      // null: it sends no requests for plugins
};
// Hidden, so that each library has its own, whatever it was compiled with.
__attribute__((visibility("hidden"))) inline Api api;

/// A copy of a struct that begins with its size: what its writer did not know is null.
template <typename Struct>
Struct known_part(const Struct& theirs) noexcept {
    Struct ours{};
    std::memcpy(&ours, &theirs, theirs.size < sizeof(Struct) ? theirs.size : sizeof(Struct));
    return ours;
}

/// The host's table of that id, as far as both know it; all null: it has none.
template <typename Table>
Table table_of(const ft_host& host, const char* id) noexcept {
    const auto* const theirs = static_cast<const Table*>(host.extension(id));
    return theirs != nullptr ? known_part(*theirs) : Table{};
}

/// All tables of a host, as far as both know them.
struct Tables {
    explicit Tables(const ft_host& theirs) noexcept : host(known_part(theirs)) {
        if (host.extension != nullptr) {
            http = table_of<ft_http>(host, FT_HTTP_1);
            settings = table_of<ft_settings_api>(host, FT_SETTINGS_1);
            body = table_of<ft_body_api>(host, FT_BODY_1);
            session = table_of<ft_session>(host, FT_SESSION_1);
            fetch = table_of<ft_fetch>(host, FT_FETCH_1);
        }
    }
    /// Whether the host has what no plugin can do without. The functions that are named here are the last ones of their
    /// tables that this header calls without looking.
    bool suffice() const noexcept {
        return host.now_ns != nullptr && http.may_write != nullptr && settings.problem != nullptr;
    }
    /// What the header calls. Tables that the host has in part are as good as none.
    Api api() const noexcept {
        return {&host,
                &http,
                &settings,
                body.more != nullptr ? &body : nullptr,
                session.drop != nullptr ? &session : nullptr,
                fetch.url_fault != nullptr ? &fetch : nullptr};
    }

    ft_host host;
    ft_http http{};
    ft_settings_api settings{};
    ft_body_api body{};
    ft_session session{};
    ft_fetch fetch{};
};

inline ft_text text(std::string_view view) noexcept {
    return {view.data(), view.size()};
}

/// Says why the call that runs is going to fail. False: the host is older, and cannot be told.
inline bool explain(std::string_view words) noexcept {
    if (api.host == nullptr || api.host->explain == nullptr) {
        return false;
    }
    api.host->explain(text(words));
    return true;
}

/// What a call of the plugin has thrown, in words: within a handler. No memory is asked for.
class Thrown {
public:
    explicit Thrown(const char* call) noexcept {
        try {
            throw;
        } catch (const std::exception& problem) {
            write(call, problem.what());
        } catch (...) {
            write(call, "not a std::exception");
        }
    }
    std::string_view words() const noexcept { return text_; }

private:
    void write(const char* call, const char* what) noexcept {
        std::snprintf(text_, sizeof(text_), "%s has thrown: %s", call, what);
    }

    char text_[512];
};

/// Runs a part of a hook, called `name` by the plugin's author. What it throws is a failure, of which the host is told.
template <typename Part>
std::int32_t guarded(const char* name, Part part) noexcept {
    try {
        return part();
    } catch (...) {
        (void)explain(Thrown(name).words());
        return FT_FAILED;
    }
}

inline std::string_view view(ft_text text) noexcept {
    return {text.data, text.size};
}

}  // namespace detail

}  // namespace ferrotunnel::plugin
