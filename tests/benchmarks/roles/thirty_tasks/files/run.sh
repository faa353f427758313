#!/bin/sh
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
echo "ran as $(id -un)"
