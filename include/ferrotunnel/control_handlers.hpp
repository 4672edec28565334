// Handlers of control socket requests, implemented by a program that embeds a Client or Server.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/config_change.hpp"

namespace ferrotunnel {

/// The result of a reload or comparison.
struct ReloadAnswer {
    std::vector<std::string> applied{};        ///< keys whose new values apply now
    std::vector<std::string> needs_restart{};  ///< keys whose new values apply after a restart
    std::vector<std::string> problems{};       ///< why nothing was changed; empty if the reload succeeded
    /// For a trial: the time until the changes are reverted.
    std::optional<std::chrono::milliseconds> trial{};
    std::vector<ConfigChange> changes{};  ///< for a comparison
    std::vector<std::string> same{};      ///< unchanged services and tokens
    std::string effective{};              ///< for a comparison: the settings in effect, as text without secrets
};

/// Reads the configuration again and applies it. Called on the control socket's thread: other requests wait meanwhile.
/// An exception is reported to the caller.
using ReloadHandler = std::function<ReloadAnswer()>;

/// With a time: reloads as above, and reverts everything applied from then on when the time is over. Without one:
/// confirms the trial, so that its changes stay; without a trial, that is a problem. Called like ReloadHandler.
using TrialHandler = std::function<ReloadAnswer(std::optional<std::chrono::milliseconds>)>;

/// Returns the time until a trial is reverted, for status; empty without a trial. It must return at once.
using TrialLeftHandler = std::function<std::optional<std::chrono::milliseconds>()>;

/// Compares the settings in effect with the current configuration, and changes nothing: sets `changes` or `problems`.
/// Called like ReloadHandler.
using CompareHandler = std::function<ReloadAnswer()>;

/// Begins to end the program: no new visitors, and the present ones may finish within the given time, or within the
/// program's own drain time if none is given. Called on the control socket's thread; the handler must return at once,
/// and must not call stop() there.
using DrainHandler = std::function<void(std::optional<std::chrono::milliseconds>)>;

/// Returns the application's own metrics, which follow those of the library: families in Prometheus's text format, or,
/// with `open_metrics`, in OpenMetrics without its end ("# EOF"). Names that begin with "ferrotunnel_" are reserved.
/// Called on the control socket's thread with each scrape, or within metrics_text(); if it throws, its part is left
/// out.
using ScrapeHandler = std::function<std::string(bool open_metrics)>;

}  // namespace ferrotunnel
