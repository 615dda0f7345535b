#pragma once

// The two large headers that every subcommand uses, compiled once for all of cli/.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <expected>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>
