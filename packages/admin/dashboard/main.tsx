import './style.css';
import { render } from 'preact';
import { App } from './app.js';
import { keepTheme, themeOf } from './theme.js';

keepTheme(themeOf());
render(<App />, document.body);
