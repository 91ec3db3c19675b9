import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import { applyTheme } from './app/theme';
import App from './App.svelte';

applyTheme();
const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(App, { target });
