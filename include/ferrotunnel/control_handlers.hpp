// What a program that embeds a Client or Server does itself when its control socket asks for it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/config_change.hpp"

namespace ferrotunnel {

/// What came of reading the configuration again.
struct ReloadAnswer {
    std::vector<std::string> applied{};        ///< keys whose new values count from now on
    std::vector<std::string> needs_restart{};  ///< keys whose new values count after a restart
    std::vector<std::string> problems{};       ///< why nothing was changed, as texts; empty: it was
    /// For a trial: how long until what was applied is taken back.
    std::optional<std::chrono::milliseconds> trial{};
    std::vector<ConfigChange> changes{};  ///< for a comparison
    std::vector<std::string> same{};      ///< services and tokens that are as they were
    std::string effective{};              ///< for a comparison: what was applied last, as text without secrets
};

/// Reads the configuration again and applies it. Called on the control socket's thread: others who ask wait meanwhile.
/// What it throws is told the caller.
using ReloadHandler = std::function<ReloadAnswer()>;

/// With a time: reloads as above, and takes all that is applied from now on back when the time is over. Without one:
/// confirms what is on trial, so that it stays; a problem where nothing is. Called as the one above.
using TrialHandler = std::function<ReloadAnswer(std::optional<std::chrono::milliseconds>)>;

/// How long it is until what is on trial is taken back, for status; nothing: nothing is on trial. It must return at
/// once.
using TrialLeftHandler = std::function<std::optional<std::chrono::milliseconds>()>;

/// Compares what is in effect with what the configuration says now, and changes nothing: `changes` or `problems`.
/// Called as the one above.
using CompareHandler = std::function<ReloadAnswer()>;

/// Begins to end the program: no new visitors, and the present ones may finish for that long, or for as long as the
/// program is set up. Called on the control socket's thread; it must return at once, and must not call stop() there.
using DrainHandler = std::function<void(std::optional<std::chrono::milliseconds>)>;

/// Writes the metrics of the application's own registry behind ours: families in Prometheus's text format, or, with
/// `open_metrics`, in OpenMetrics without its end ("# EOF"). Names that begin with "ferrotunnel_" are taken. Called on
/// the control socket's thread with each scrape, or within metrics_text(); what it throws leaves its part out.
using ScrapeHandler = std::function<std::string(bool open_metrics)>;

}  // namespace ferrotunnel
