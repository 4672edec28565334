// Exits: the keys of a service that is one, their reader and their check, and conversion to the engine's form.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/exit.hpp"
#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/tcp.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct ConfigReading;

/// The keys of a service that describe an exit.
std::span<const SettingFacts> exit_keys() noexcept;

class ExitKeys {
public:
    /// Looks up all keys, which makes them known.
    explicit ExitKeys(config::Section& service) : allow_(service.find("allow")), users_(service.find("users")) {}

    /// Reads the values. False if one is invalid or missing, which was reported. `local`: the service's, at whose place
    /// a missing `allow` is reported.
    bool read(const config::Value& local, Tcp& tcp, ConfigReading& reading) const;
    /// Reports the keys of a service that cannot be an exit. True if there was one.
    bool refuse() const;

private:
    bool read_allow(Tcp& tcp) const;
    bool read_users(Tcp& tcp, ConfigReading& reading) const;

    std::optional<config::Value> allow_;
    std::optional<config::Value> users_;
};

/// What is wrong with a user's name or password, worded to follow the value's name or key; empty if it is valid.
std::string problem_of_user_name(const std::string& name);
std::string problem_of_password(const Secret& password);

/// Appends the problems of `allow` and `users`; `local` must be in its full form.
void check_exit(const Tcp& tcp, std::vector<Problem>& problems);

/// Makes the exit, after check_exit found no problems.
std::shared_ptr<backend::Exit> make_exit(const Tcp& tcp);

}  // namespace ferrotunnel::detail
