// Settings as texts: what programs with options of their own need. `ferrotunnel server` is one.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/server.hpp"

namespace ferrotunnel::detail {

/// The option that says a setting.
struct SettingOption {
    std::string path;     ///< of the key, in its section of a configuration file: "timing.ping_interval"
    std::string problem;  ///< what Problem::key calls the setting
    std::string name;     ///< without dashes: "ping-interval"
    std::string operand;  ///< what help calls its value, "TIME"; empty: it is a flag
    std::string topic;    ///< what it is about; those of one topic follow each other
    std::string help;  ///< sentences, with the default; empty: it is richer than a text, and the program's to explain
    bool is_repeated = false;
    bool is_said = false;  ///< by say(); else the program reads it itself
    std::string brief;     ///< one line, with the default in parentheses; empty: only the full help lists it
};

/// All settings that have an option.
FERROTUNNEL_EXPORT std::vector<SettingOption> server_options();
FERROTUNNEL_EXPORT std::vector<SettingOption> client_options();

struct SettingText {
    std::string path;
    std::vector<std::string> texts;  ///< of a list all; else the last one counts
};

/// Tells a builder settings as configuration files have them, but without variables. Answers what is wrong; that is not
/// told the builder (but the rest of a list is).
FERROTUNNEL_EXPORT std::vector<Problem> say(Server::Builder& builder, const std::vector<SettingText>& texts);
FERROTUNNEL_EXPORT std::vector<Problem> say(Client::Builder& builder, const std::vector<SettingText>& texts);

}  // namespace ferrotunnel::detail
