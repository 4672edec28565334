// Translates the options behind `-o` of ssh.
#pragma once

#include <string>
#include <string_view>

#include "draft.hpp"
#include "origin.hpp"

namespace ferrotunnel::cli::importing::command_line {

struct SshOption {
    std::string name;  // in lower case
    std::string value;
};

/// Reads `Name=value` or `Name value`. Of a forwarding, blanks in the value become colons.
SshOption parse_ssh_option(std::string_view text);

/// Gathers what has to be seen together.
class SshSettings {
public:
    /// Reads an option; one without an equivalent is lost.
    void read(Draft& draft, const SshOption& option, const Origin& origin);
    void apply(Draft& draft) const;

private:
    unsigned alive_interval_ = 0;  // seconds; 0: none
    unsigned alive_count_ = 3;
    Origin alive_;
};

}  // namespace ferrotunnel::cli::importing::command_line
