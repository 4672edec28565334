// Access to a builder's settings for parts of the library other than builders.
#pragma once

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

struct BuilderAccess {
    static ServerSettings& settings_of(Server::Builder& builder) noexcept { return *builder.settings_; }
    static ClientSettings& settings_of(Client::Builder& builder) noexcept { return *builder.settings_; }
    static const ServerSettings& settings_of(const Server::Builder& builder) noexcept { return *builder.settings_; }
    static const ClientSettings& settings_of(const Client::Builder& builder) noexcept { return *builder.settings_; }
};

}  // namespace ferrotunnel::detail
