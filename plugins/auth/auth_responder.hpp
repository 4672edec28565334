// Accepts a visitor with valid credentials, or rejects it.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// Immutable, and shared with work that may outlive the plugin.
struct AuthResponder {
    std::vector<plugin::Field> challenges;  // WWW-Authenticate
    std::string user_header;                // empty: none
    std::string key_header;                 // empty: keys arrive as Authorization: Bearer
    bool forward = false;                   // whether the backend receives the credentials

    /// Accepts `subject`. `by_field`: the field with the credentials.
    plugin::Decision admit(plugin::Exchange& exchange, const std::string& subject, plugin::Text by_field) const;
    /// 401. `code`: auth_required or auth_failed.
    plugin::Decision refuse(std::string code) const;
};

}  // namespace ferrotunnel::plugins
